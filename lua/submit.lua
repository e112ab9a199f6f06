-- submit.lua: a job enters the queue. Purpose: all of it or nothing, and with its first round of
-- tasks where whoever submits it has made that: a worker may begin before a master has seen the
-- job. A repeat of the same submission (same nonce) is answered as the first one was. A master is
-- woken, which tells of the job in the events; for a single task who submits it rings, later.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 job, 2 nonce, 3 type, 4 params (JSON), 5 producer, 6 the number in the id, thought to be
--      the next one of the producer, and counted here, or '', 7 count of tasks in the first round
--      (0: none), 8 its checkpoint, then the specs of its tasks, then (name, value) pairs: first,
--      in this order, `weights`, `former`, a job whose checkpoint and vectors this one goes on
--      from, `former_nonce`, of its submission, and `most_jobs` in the queue (100,000), then
--      settings that are not to have their fallbacks
-- Returns {0}; {3} the former job is not known, is another submission, or has no checkpoint;
--      {5} the id is taken, or has another number than the next;
--      {6, 'full', most_jobs} or {6, 'draining'} the queue takes no more.
local base, job, nonce, number = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[6])
local key = base .. 'job:' .. job
-- Is anything there that is usually not? One look for all.
local function held_up()
    return redis.call('EXISTS', key, base .. 'draining', base .. 'paused', base .. 'crowded') > 0
end
-- The last check, and a write as well: what is wrong with it is taken back.
local function count()
    local producers = base .. 'producers'
    if redis.call('HINCRBY', producers, ARGV[5], '1') == number then return true end
    if redis.call('HINCRBY', producers, ARGV[5], '-1') == 0 then
        redis.call('HDEL', producers, ARGV[5])
    end
    return false
end
-- The hash comes last: what is there without it is no job. A new entry tells what time it is.
local function enter(entry, commits, total, ...)
    redis.call('HSET', key, 'nonce', nonce, 'type', ARGV[3], 'params', ARGV[4], 'producer',
        ARGV[5], 'state', 'submitted', 'entry', entry, 'submitted_ms', string.match(entry, '^%d+'),
        'commits', commits, 'total', total, ...)
    return { 0 }
end
-- A job of one task, with nothing in its way, is one that somebody waits for. Only every 16th job
-- of a producer finds out how many there are, and each one while there are many.
if ARGV[7] == '1' and #ARGV == 9 and number and number % 16 ~= 0 and #nonce > 0 and #nonce < 65
    and not held_up() then
    if not count() then return { 5 } end
    local entry = redis.call('XADD', base .. 'jobs', '*', 'job', job)
    redis.call('HSET', key .. ':tasks', '0', ARGV[9])
    redis.call('LPUSH', base .. 'ready', job .. '/0')
    return enter(entry, '1', '1', 'checkpoint', ARGV[8])
end
local jobs, given, is_held_up = base .. 'jobs', tonumber(ARGV[7]), held_up()
if is_held_up then
    local there = redis.call('HGET', key, 'nonce')
    if there then return { there == nonce and 0 or 5 } end
end
local at = given and 9 + given
if not given or given < 0 or given % 1 ~= 0 or given > 1000 or #ARGV < at - 1
    or (#ARGV - at) % 2 == 0 then
    return redis.error_reply('ERR the first round or the settings of this job are malformed')
end
if nonce == '' or #nonce > 64 then
    return redis.error_reply('ERR the nonce of a submission has 1 to 64 characters')
end
local weights, former, former_nonce, most_jobs = nil, nil, nil, 100000
if at <= #ARGV then
    local function option(name)
        if ARGV[at] ~= name then return nil end
        at = at + 2
        return ARGV[at - 1]
    end
    weights, former, former_nonce = option('weights'), option('former'), option('former_nonce')
    most_jobs = tonumber(option('most_jobs') or most_jobs)
    local known = { claim_max = true, max_attempts = true, max_lost = true, backoff_ms = true,
        retention_ms = true, task_timeout_ms = true, timeout_ms = true }
    for i = at, #ARGV, 2 do
        if not known[ARGV[i]] or not tonumber(ARGV[i + 1]) then
            return redis.error_reply('ERR no setting of a job, or no number: ' .. ARGV[i])
        end
    end
    if not (most_jobs and most_jobs >= 0) or (former and given > 0) then
        return redis.error_reply('ERR most_jobs is no number, or a job that goes on has tasks')
    end
end
local waiting = 0
if is_held_up or not number or number % 16 == 0 then
    waiting = redis.call('XLEN', jobs)
    if waiting >= most_jobs then return { 6, 'full', most_jobs } end
end
if is_held_up and redis.call('EXISTS', base .. 'draining') == 1 then return { 6, 'draining' } end
local checkpoint
if former then
    former = base .. 'job:' .. former
    local info = redis.call('HMGET', former, 'checkpoint', 'nonce')
    checkpoint = info[1]
    if not checkpoint or (former_nonce and former_nonce ~= info[2]) then return { 3 } end
end
if number and not count() then return { 5 } end
--@include vectors
--@include parts
--@include ready
--@include forget
if not number then forget(job, key) end
if checkpoint then
    for _, name in ipairs(vector_names) do
        local numbers = redis.call('GET', former .. ':' .. name)
        if numbers then redis.call('SET', key .. ':' .. name, numbers) end
    end
end
if weights then redis.call('SET', key .. ':weights', weights) end
if waiting >= math.min(9000, most_jobs / 2) then
    redis.call('SET', base .. 'crowded', '1', 'PX', '10000')
end
local entry = redis.call('XADD', jobs, '*', 'job', job)
--@include ring
ring()
if checkpoint then return enter(entry, '0', '0', 'former', checkpoint, unpack(ARGV, at)) end
-- Where so many wait, the job would not begin sooner: its master makes the round in its time.
if given == 0 or waiting >= 10000 then return enter(entry, '0', '0', unpack(ARGV, at)) end
local ids, specs = {}, {}
for i = 1, given do
    local no = string.format('%d', i - 1) -- tostring goes through a double
    ids[i] = job .. '/' .. no
    specs[2 * i - 1], specs[2 * i] = no, ARGV[8 + i]
end
local parked = is_held_up and redis.call('EXISTS', base .. 'paused') == 1
redis.call('HSET', key .. ':tasks', unpack(specs))
redis.call('LPUSH', base .. (parked and 'parked' or 'ready'), unpack(ids))
-- A first round is the first commit.
return enter(entry, '1', string.format('%d', given), 'checkpoint', ARGV[8], unpack(ARGV, at))
