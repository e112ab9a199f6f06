-- submit.lua: a job enters the queue. Purpose: all of it or nothing, and with its first round of
-- tasks where whoever submits it has made that: a worker may begin before a master has seen the
-- job. A repeat of the same submission (same nonce) is answered as the first one was.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 job, 2 nonce, 3 type, 4 params (JSON), 5 producer, 6 weights ('' for none), 7 claim_max,
--      8 max_attempts, 9 max_lost, 10 backoff_ms, 11 retention_ms, 12 most jobs in the queue,
--      13 task_timeout_ms, 14 timeout_ms (0: none), 15 former: a job whose checkpoint and vectors
--      this one goes on from, or '', 16 the number in the id, thought to be the next one of the
--      producer, and counted here, or ''; then, or nothing of it, the first round: 17 checkpoint,
--      18 report (JSON), 19 count of tasks, then their specs
-- Returns {0}; {3} the former job is not known, or has no checkpoint;
--      {5} the id is taken, or has another number than the next;
--      {6, 'full' or 'draining'} the queue takes no more.
local base = KEYS[1]
local job, nonce, most_jobs = ARGV[1], ARGV[2], tonumber(ARGV[12])
local given = tonumber(ARGV[19]) or 0
--@include now
--@include event
--@include ready
--@include vectors
local key = base .. 'job:' .. job
local there = redis.call('HGET', key, 'nonce')
if there == nonce then return { 0 } end
if there then return { 5 } end
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
if #ARGV > 16 and (not tonumber(ARGV[19]) or #ARGV ~= 19 + given or given > 1000
    or (given > 0 and checkpoint)) then
    return redis.error_reply('ERR the first round of this job is malformed')
end
local number, producers = tonumber(ARGV[16]), base .. 'producers'
if number and (tonumber(redis.call('HGET', producers, ARGV[5])) or 0) + 1 ~= number then
    return { 5 }
end
if number then redis.call('HINCRBY', producers, ARGV[5], 1) end
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
local fields = { 'nonce', nonce, 'type', ARGV[3], 'params', ARGV[4], 'producer', ARGV[5],
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
        specs[2 * i - 1], specs[2 * i] = i - 1, ARGV[19 + i]
    end
    redis.call('HSET', key .. ':tasks', unpack(specs))
    redis.call('LPUSH', held_up and ready_key() or base .. 'ready', unpack(ids))
    -- The first commit of the job.
    field('begun', '1')
    field('checkpoint', ARGV[17])
    field('report', ARGV[18])
    field('version', '0')
end
redis.call('HSET', key, unpack(fields))
event('event', 'job_submitted', 'job', job, 'type', ARGV[3], 'producer', ARGV[5])
return { 0 }
