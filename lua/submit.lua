-- submit.lua: a job enters the queue. Purpose: all of it or nothing; a repeat of the same
-- submission (same nonce) is answered as the first one was.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 job, 2 nonce, 3 type, 4 params (JSON), 5 producer, 6 weights ('' for none), 7 claim_max,
--      8 max_attempts, 9 max_lost, 10 backoff_ms, 11 retention_ms, 12 most jobs in the queue,
--      13 task_timeout_ms, 14 timeout_ms (0: none), 15 former: a job whose checkpoint and vectors
--      this one goes on from, or ''
-- Returns {0}; {3} the former job is not known, or has no checkpoint;
--      {5} the id is taken; {6, 'full' or 'draining'} the queue takes no more.
local base = KEYS[1]
local job, nonce, most_jobs = ARGV[1], ARGV[2], tonumber(ARGV[12])
--@include now
--@include event
--@include vectors
local key = base .. 'job:' .. job
local there = redis.call('HGET', key, 'nonce')
if there == nonce then return { 0 } end
if there then return { 5 } end
if redis.call('XLEN', base .. 'jobs') >= most_jobs then return { 6, 'full' } end
if redis.call('EXISTS', base .. 'draining') == 1 then return { 6, 'draining' } end
local former, checkpoint = ARGV[15] or '', false
if former ~= '' then
    former = base .. 'job:' .. former
    checkpoint = redis.call('HGET', former, 'checkpoint')
    if not checkpoint then return { 3 } end
end
-- The hash comes last: what is there without it is no job.
if checkpoint then
    for _, name in ipairs(vector_names) do
        local numbers = redis.call('GET', former .. ':' .. name)
        if numbers then redis.call('SET', key .. ':' .. name, numbers) end
    end
    redis.call('HSET', key, 'former', checkpoint)
end
if ARGV[6] ~= '' then redis.call('SET', key .. ':weights', ARGV[6]) end
local entry = redis.call('XADD', base .. 'jobs', '*', 'job', job)
redis.call('HSET', key, 'nonce', nonce, 'type', ARGV[3], 'params', ARGV[4], 'producer', ARGV[5],
    'claim_max', ARGV[7], 'max_attempts', ARGV[8], 'max_lost', ARGV[9], 'backoff_ms', ARGV[10],
    'retention_ms', ARGV[11], 'state', 'submitted', 'entry', entry, 'submitted_ms', now_ms(),
    'fence', 0, 'commits', 0, 'total', 0, 'done', 0, 'retried', 0, 'reclaimed', 0, 'late', 0,
    'task_timeout_ms', ARGV[13], 'timeout_ms', ARGV[14])
event('event', 'job_submitted', 'job', job, 'type', ARGV[3], 'producer', ARGV[5])
return { 0 }
