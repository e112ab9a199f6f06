-- complete.lua: a slot hands in what it has and takes what is next. Purpose: results wait to be
-- folded, failures are delayed for a retry or given up, what was not run goes back; all under the
-- slot's token, in one round trip.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 worker, 2 nonce, 3 slot, 4 token, 5 lease_ms, 6 job, 7 most tasks to claim next (0: none),
--      8 count of results, then (no, result) pairs, then count of failures, then
--      (no, 'retry' or 'fatal', code, message) each
-- Returns {code, claim}: code 0 done, 2 the lease is lost (nothing was written; counted as late),
--      3 the job has ended (the results are dropped), 7 the worker is not registered; claim is
--      that of claim.lua.
local base = KEYS[1]
local worker, nonce, slot, token, lease_ms = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local job, most = ARGV[6], tonumber(ARGV[7])
--@include live
--@include now
--@include event
--@include ready
--@include twins
--@include tries
--@include bury
--@include member
--@include lease
local key = base .. 'job:' .. job
local function next_claim()
    if most == 0 then return { 1 } end
    return lease(slot, job, most, lease_ms)
end
if not member(worker, nonce) then return { 7, { 1 } } end
if redis.call('HGET', base .. 'tokens', slot) ~= token then
    if redis.call('EXISTS', key) == 1 then redis.call('HINCRBY', key, 'late', 1) end
    return { 2, { 1 } }
end
local info = redis.call('HMGET', key, 'state', 'owner', 'max_attempts', 'backoff_ms', 'speculated')
local running = live(info[1])
-- With speculation a task may be handed in twice: the second time it is dropped.
local doubled = info[5] ~= false
local function decided(no)
    return doubled and (redis.call('HEXISTS', key .. ':tasks', no) == 0
        or redis.call('HEXISTS', key .. ':results', no) == 1)
end
local results = tonumber(ARGV[8])
local at = 9 + 2 * results
local failures = tonumber(ARGV[at])
local held_key = base .. 'held:' .. slot
-- What lies in the slot and is not among the results goes back: tasks that were not run, and what a
-- read of a lost connection put there. Of a job that has ended nothing goes on.
if not running or results + failures < redis.call('LLEN', held_key) then
    local seen, prefix = {}, job .. '/'
    for i = 9, 8 + 2 * results, 2 do seen[prefix .. ARGV[i]] = true end
    for i = at + 1, at + 4 * failures, 4 do seen[prefix .. ARGV[i]] = true end
    for _, id in ipairs(redis.call('LRANGE', held_key, 0, -1)) do
        if string.sub(id, 1, #prefix) ~= prefix or (running and not seen[id]) then
            redis.call('RPUSH', ready_key(), id)
        end
    end
end
if running then
    for from = 9, 8 + 2 * results, doubled and 2 or 1000 do
        if doubled and decided(ARGV[from]) then
            redis.call('HINCRBY', key, 'late', 1)
        else
            if doubled and twin_slots(job, ARGV[from]) then twin_win(job, ARGV[from], slot) end
            redis.call('HSET', key .. ':results',
                unpack(ARGV, from, math.min(from + (doubled and 1 or 999), 8 + 2 * results)))
        end
    end
    for i = at + 1, at + 4 * failures, 4 do
        local no, kind, code, message = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
        local attempts, lost = tries_get(job, no)
        attempts = attempts + 1
        local moot = decided(no) or (doubled and twin_leave(job, no, slot))
        if not moot then tries_set(job, no, attempts, lost) end
        if moot then
            redis.call('HINCRBY', key, 'late', 1)
        elseif kind == 'fatal' then
            bury(job, no, code, message, worker, attempts, lost, true)
        elseif attempts >= tonumber(info[3]) then
            bury(job, no, code, 'gave up after ' .. attempts .. ' attempts: ' .. message, worker,
                attempts, lost)
        else
            -- 2 s doubling to 30 s by default, with a fifth of it at random either way.
            local time = redis.call('TIME')
            local delay = math.min(tonumber(info[4]) * 2 ^ (attempts - 1), 30000)
            delay = math.floor(delay * (0.8 + 0.4 * (tonumber(time[2]) % 1000) / 1000))
            redis.call('ZADD', base .. 'delayed', now_ms() + delay, job .. '/' .. no)
            redis.call('HINCRBY', key, 'retried', 1)
            event('event', 'task_retry', 'job', job, 'task', no, 'attempts', attempts, 'delayMs',
                delay, 'worker', worker, 'message', message)
        end
    end
    if results > 0 then redis.call('HINCRBY', key .. ':workers', worker, results) end
    if info[2] then redis.call('RPUSH', base .. 'wake:' .. info[2], job) end
end
redis.call('DEL', held_key)
local claim = next_claim()
if claim[1] ~= 0 then unlease(slot) end
return { running and 0 or 3, claim }
