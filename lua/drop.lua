-- drop.lua: a dead letter is forgotten. Purpose: with the last one of a job goes what was kept for
-- a replay.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 job, 2 number of the task, 3 by whom
-- Returns {0}; {1} there is no such dead letter.
local base = KEYS[1]
local job, no, by = ARGV[1], ARGV[2], ARGV[3]
--@include event
local key = base .. 'job:' .. job
if redis.call('ZREM', base .. 'dead', job .. '/' .. no) == 0 then return { 1 } end
redis.call('HDEL', key .. ':dead', no)
if redis.call('EXISTS', key .. ':dead') == 0 and redis.call('HGET', key, 'state') == 'failed' then
    redis.call('HDEL', key, 'replayable')
    redis.call('UNLINK', key .. ':tasks')
    redis.call('UNLINK', key .. ':results')
end
event('event', 'dead_dropped', 'job', job, 'task', no, 'by', by)
return { 0 }
