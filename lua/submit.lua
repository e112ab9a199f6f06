-- submit.lua: a job enters the queue. Purpose: all of it or nothing, and with its first round of
-- tasks where whoever submits it has made that: a worker may begin before a master has seen the
-- job. A repeat of the same submission (same nonce) is answered as the first one was.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 job, or '': J<producer><n> with the next n that is free, 2 nonce, 3 type, 4 params (JSON),
--      5 producer, 6 weights ('' for none), 7 claim_max, 8 max_attempts, 9 max_lost, 10 backoff_ms,
--      11 retention_ms, 12 most jobs in the queue, 13 task_timeout_ms, 14 timeout_ms (0: none),
--      15 former: a job whose checkpoint and vectors this one goes on from, or ''; then, or none of
--      it, the first round: 16 checkpoint, 17 report (JSON), 18 count of tasks, then their specs
-- Returns {0, job}; {3} the former job is not known, or has no checkpoint;
--      {5} the id is taken; {6, 'full' or 'draining'} the queue takes no more.
local base = KEYS[1]
local job, nonce, producer, most_jobs = ARGV[1], ARGV[2], ARGV[5], tonumber(ARGV[12])
local given = tonumber(ARGV[18]) or 0
--@include now
--@include event
--@include ready
--@include vectors
local said = base .. 'nonce:' .. nonce
local before = job ~= '' and job or redis.call('GET', said)
local there = before and redis.call('HGET', base .. 'job:' .. before, 'nonce')
if there == nonce then return { 0, before } end
if there and job ~= '' then return { 5 } end
local jobs = redis.call('XLEN', base .. 'jobs')
if jobs >= most_jobs then return { 6, 'full' } end
-- Usually there is neither: one look for both.
local held_up = redis.call('EXISTS', base .. 'draining', base .. 'paused') > 0
if held_up and redis.call('EXISTS', base .. 'draining') == 1 then return { 6, 'draining' } end
local former, checkpoint = ARGV[15] or '', false
if former ~= '' then
    former = base .. 'job:' .. former
    checkpoint = redis.call('HGET', former, 'checkpoint')
    if not checkpoint then return { 3 } end
end
if #ARGV > 15 and (not tonumber(ARGV[18]) or #ARGV ~= 18 + given or given > 1000
    or (given > 0 and checkpoint)) then
    return redis.error_reply('ERR the first round of this job is malformed')
end
if job == '' then
    for _ = 1, 1000 do
        job = 'J' .. producer .. redis.call('HINCRBY', base .. 'producers', producer, 1)
        there = redis.call('EXISTS', base .. 'job:' .. job) == 1
        if not there then break end
    end
    if there or #job > 64 then return { 5 } end
    redis.call('SET', said, job, 'EX', 600)
end
local key = base .. 'job:' .. job
-- Where so many wait, the job would not begin sooner: its master makes the round in its time.
if jobs >= 10000 then given = 0 end
-- The hash comes last: what is there without it is no job.
if checkpoint then
    for _, name in ipairs(vector_names) do
        local numbers = redis.call('GET', former .. ':' .. name)
        if numbers then redis.call('SET', key .. ':' .. name, numbers) end
    end
end
if ARGV[6] ~= '' then redis.call('SET', key .. ':weights', ARGV[6]) end
local entry = redis.call('XADD', base .. 'jobs', '*', 'job', job)
local fields = { 'nonce', nonce, 'type', ARGV[3], 'params', ARGV[4], 'producer', producer,
    'claim_max', ARGV[7], 'max_attempts', ARGV[8], 'max_lost', ARGV[9], 'backoff_ms', ARGV[10],
    'retention_ms', ARGV[11], 'state', 'submitted', 'entry', entry, 'submitted_ms', now_ms(),
    'fence', '0', 'commits', given > 0 and '1' or '0', 'total', given, 'done', '0', 'retried', '0',
    'reclaimed', '0', 'late', '0', 'task_timeout_ms', ARGV[13], 'timeout_ms', ARGV[14] }
local function field(name, value)
    fields[#fields + 1], fields[#fields + 2] = name, value
end
if checkpoint then field('former', checkpoint) end
if given > 0 then
    local ids, specs = {}, {}
    for i = 1, given do
        ids[i] = job .. '/' .. (i - 1)
        specs[2 * i - 1], specs[2 * i] = i - 1, ARGV[18 + i]
    end
    redis.call('HSET', key .. ':tasks', unpack(specs))
    redis.call('LPUSH', held_up and ready_key() or base .. 'ready', unpack(ids))
    -- The first commit of the job.
    field('begun', '1')
    field('checkpoint', ARGV[16])
    field('report', ARGV[17])
    field('version', '0')
end
redis.call('HSET', key, unpack(fields))
event('event', 'job_submitted', 'job', job, 'type', ARGV[3], 'producer', producer)
return { 0, job }
