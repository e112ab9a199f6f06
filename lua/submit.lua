-- submit.lua: a job enters the queue. Purpose: all of it or nothing, and with its first round of
-- tasks where whoever submits it has made that: a worker may begin before a master has seen the
-- job. A repeat of the same submission (same nonce) is answered as the first one was.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 job, 2 nonce, 3 type, 4 params (JSON), 5 producer, 6 the number in the id, thought to be
--      the next one of the producer, and counted here, or '', 7 most jobs in the queue, 8 former: a
--      job whose checkpoint and vectors this one goes on from, or '', 9 count of tasks in the first
--      round (0: none), 10 its checkpoint, 11 its report (JSON), then the specs of its tasks, then
--      (name, value) pairs: `weights` first, then settings that are not to have their fallbacks
-- Returns {0}; {3} the former job is not known, or has no checkpoint;
--      {5} the id is taken, or has another number than the next;
--      {6, 'full' or 'draining'} the queue takes no more.
local base, job, nonce = KEYS[1], ARGV[1], ARGV[2]
local key, jobs, given = base .. 'job:' .. job, base .. 'jobs', tonumber(ARGV[9])
-- Usually there is none of these: one look for all.
local held_up = redis.call('EXISTS', key, base .. 'draining', base .. 'paused') > 0
if held_up then
    local there = redis.call('HGET', key, 'nonce')
    if there then return { there == nonce and 0 or 5 } end
end
local waiting = redis.call('XLEN', jobs)
if waiting >= tonumber(ARGV[7]) then return { 6, 'full' } end
if held_up and redis.call('EXISTS', base .. 'draining') == 1 then return { 6, 'draining' } end
local former, checkpoint = ARGV[8], nil
if former ~= '' then
    former = base .. 'job:' .. former
    checkpoint = redis.call('HGET', former, 'checkpoint')
    if not checkpoint then return { 3 } end
end
local rest = given and 12 + given
if not given or given < 0 or given % 1 ~= 0 or given > 1000 or (given > 0 and checkpoint)
    or #ARGV < rest - 1 or (#ARGV - rest) % 2 == 0 then
    return redis.error_reply('ERR the first round or the settings of this job are malformed')
end
local settings_at, weights = rest, nil
if ARGV[rest] == 'weights' then settings_at, weights = rest + 2, ARGV[rest + 1] end
if settings_at <= #ARGV then
    local known = { claim_max = true, max_attempts = true, max_lost = true, backoff_ms = true,
        retention_ms = true, task_timeout_ms = true, timeout_ms = true }
    for i = settings_at, #ARGV, 2 do
        if not known[ARGV[i]] or not tonumber(ARGV[i + 1]) then
            return redis.error_reply('ERR no setting of a job, or no number: ' .. ARGV[i])
        end
    end
end
-- The last check is a write as well: what is wrong with it is taken back.
local number, producers = tonumber(ARGV[6]), base .. 'producers'
if number and redis.call('HINCRBY', producers, ARGV[5], '1') ~= number then
    if redis.call('HINCRBY', producers, ARGV[5], '-1') == 0 then
        redis.call('HDEL', producers, ARGV[5])
    end
    return { 5 }
end
-- The hash comes last: what is there without it is no job.
if checkpoint then
    --@include vectors
    for _, name in ipairs(vector_names) do
        local numbers = redis.call('GET', former .. ':' .. name)
        if numbers then redis.call('SET', key .. ':' .. name, numbers) end
    end
end
if weights then redis.call('SET', key .. ':weights', weights) end
local entry = redis.call('XADD', jobs, '*', 'job', job)
-- Where so many wait, the job would not begin sooner: its master makes the round in its time.
if waiting >= 10000 then given = 0 end
-- A first round is the first commit. A new entry tells what time it is.
local function enter(...)
    redis.call('HSET', key, 'nonce', nonce, 'type', ARGV[3], 'params', ARGV[4], 'producer',
        ARGV[5], 'state', 'submitted', 'entry', entry, 'submitted_ms', string.match(entry, '^%d+'),
        'commits', given > 0 and '1' or '0', 'total', tostring(given), ...)
end
if given > 0 then
    local ids, specs = {}, {}
    for i = 1, given do
        local no = tostring(i - 1)
        ids[i] = job .. '/' .. no
        specs[2 * i - 1], specs[2 * i] = no, ARGV[11 + i]
    end
    local parked = held_up and redis.call('EXISTS', base .. 'paused') == 1
    redis.call('HSET', key .. ':tasks', unpack(specs))
    redis.call('LPUSH', base .. (parked and 'parked' or 'ready'), unpack(ids))
    enter('checkpoint', ARGV[10], 'report', ARGV[11], unpack(ARGV, settings_at))
elseif checkpoint then
    enter('former', checkpoint, unpack(ARGV, settings_at))
else
    enter(unpack(ARGV, settings_at))
end
--@include event
event('event', 'job_submitted', 'job', job, 'type', ARGV[3], 'producer', ARGV[5])
return { 0 }
