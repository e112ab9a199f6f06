-- replay.lua: a job that failed because a task was given up goes on. Purpose: the job is as it was
-- before the task was given up: its state, results and open tasks are there, attempts start anew.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 job, 2 by whom
-- Returns {0, tasks made ready}; {3, state or ''} the job is not one that can go on.
local base = KEYS[1]
local job, by = ARGV[1], ARGV[2]
--@include vectors
--@include now
--@include event
--@include ring
--@include ready
local key = base .. 'job:' .. job
local info = redis.call('HMGET', key, 'state', 'replayable')
if info[1] ~= 'failed' or info[2] ~= '1' or redis.call('EXISTS', key .. ':tasks') == 0 then
    return { 3, info[1] or '' }
end
redis.call('HDEL', key, 'fatal_code', 'fatal_message', 'fatal_task', 'replayable', 'error_code',
    'error', 'finished_ms', 'owner')
for _, no in ipairs(redis.call('HKEYS', key .. ':dead')) do
    redis.call('ZREM', base .. 'dead', job .. '/' .. no)
end
redis.call('DEL', key .. ':dead', key .. ':tries')
redis.call('ZREM', base .. 'finished', job)
-- Slots may still hold some of its tasks: from now on completions are looked at one by one.
redis.call('HSETNX', key, 'speculated', 0)
for _, name in ipairs(vector_names) do redis.call('PERSIST', key .. ':' .. name) end
for _, name in ipairs({ '', ':tasks', ':results', ':epochs', ':history', ':workers' }) do
    redis.call('PERSIST', key .. name)
end
local ready, made = ready_key(), 0
for _, no in ipairs(redis.call('HKEYS', key .. ':tasks')) do
    if redis.call('HEXISTS', key .. ':results', no) == 0 then
        redis.call('LPUSH', ready, job .. '/' .. no)
        made = made + 1
    end
end
redis.call('HSET', key, 'state', 'submitted', 'submitted_ms', now_ms(), 'entry',
    redis.call('XADD', base .. 'jobs', '*', 'job', job))
ring()
event('event', 'job_replayed', 'job', job, 'tasks', made, 'by', by)
return { 0, made }
