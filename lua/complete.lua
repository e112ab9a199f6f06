-- complete.lua: slots of a worker hand in what they have and take what is next. Purpose: results
-- wait to be folded, failures are delayed for a retry or given up, what was not run goes back; for
-- each slot under its own token, in one round trip for those that end together.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 worker, 2 nonce, 3 lease_ms, then for each slot: slot, token, job, nonce of its
--      submission, most tasks to claim next (0: none), count of results, (no, result) pairs, count
--      of failures, (no, 'retry' or 'fatal', code, message) of each, count of texts, and texts:
--      workers that helped with results
-- Returns {0, {code, claim}, ...} in the order of the slots: code 0 done, 2 the lease is lost
--      (nothing was written; counted as late), 3 the job has ended, also when another has its id
--      now (the results are dropped); claim is that of claim.lua; {7} the worker is not registered.
local base = KEYS[1]
local worker, nonce, lease_ms = ARGV[1], ARGV[2], tonumber(ARGV[3])
--@include live
--@include now
--@include event
--@include ready
--@include twins
--@include tries
--@include bury
--@include member
--@include token
--@include holds
--@include info
--@include lease
if not member(worker, nonce) then return { 7 } end
-- With speculation a task may be handed in twice: the second time it is dropped.
local function decided(info, no)
    return info.doubled and (redis.call('HEXISTS', info.key .. ':tasks', no) == 0
        or redis.call('HEXISTS', info.key .. ':results', no) == 1)
end

-- What lies in the slot and is not among the results goes back: tasks that were not run, and what a
-- read of a lost connection put there, which may also be a task of the job that has the id now. Of
-- a job that has ended nothing goes on.
local function give_back(info, is_its, held_key, results_at, results, failures_at, failures)
    local seen, prefix = {}, info.prefix
    for i = results_at, results_at + 2 * results - 1, 2 do seen[prefix .. ARGV[i]] = true end
    for i = failures_at, failures_at + 4 * failures - 1, 4 do seen[prefix .. ARGV[i]] = true end
    for _, id in ipairs(redis.call('LRANGE', held_key, 0, -1)) do
        if string.sub(id, 1, #prefix) ~= prefix or (info.live and not seen[id]) then
            redis.call('RPUSH', ready_key(), id)
        elseif not is_its then
            seen[id] = nil
        end
    end
end

local function take_results(info, job, slot, at, results)
    for from = at, at + 2 * results - 1, info.doubled and 2 or 1000 do
        if decided(info, ARGV[from]) then
            redis.call('HINCRBY', info.key, 'late', 1)
        else
            if info.doubled and twin_slots(job, ARGV[from]) then
                lease_write(lease_ms) -- another slot of this call may be the loser
                twin_win(job, ARGV[from], slot)
            end
            redis.call('HSET', info.key .. ':results', unpack(ARGV, from,
                math.min(from + (info.doubled and 1 or 999), at + 2 * results - 1)))
        end
    end
end

local function take_failure(info, job, slot, no, kind, code, message)
    local attempts, lost = tries_get(job, no)
    attempts = attempts + 1
    local moot = decided(info, no) or (info.doubled and twin_leave(job, no, slot))
    if not moot then tries_set(job, no, attempts, lost) end
    if moot then
        redis.call('HINCRBY', info.key, 'late', 1)
    elseif kind == 'fatal' then
        bury(job, no, code, message, worker, attempts, lost, true)
    elseif attempts >= info.max_attempts then
        bury(job, no, code, 'gave up after ' .. attempts .. ' attempts: ' .. message, worker,
            attempts, lost)
    else
        -- 2 s doubling to 30 s by default, with a fifth of it at random either way.
        local time = redis.call('TIME')
        local most = math.max(info.backoff_ms, 30000)
        local delay = math.min(info.backoff_ms * 2 ^ (attempts - 1), most)
        delay = math.floor(delay * (0.8 + 0.4 * (tonumber(time[2]) % 1000) / 1000))
        redis.call('ZADD', base .. 'delayed', now_ms() + delay, info.prefix .. no)
        redis.call('HINCRBY', info.key, 'retried', 1)
        event('event', 'task_retry', 'job', job, 'task', no, 'attempts', attempts, 'delayMs',
            delay, 'worker', worker, 'message', message)
    end
end

-- One slot, whose part of ARGV begins at `at`. Returns its reply and where the next part begins.
local counts, woken, seen_slots = {}, {}, {}
local function hand_in(at)
    local slot, token, job, submission = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
    local most, results, results_at = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5]), at + 6
    local failures, failures_at = tonumber(ARGV[results_at + 2 * results]),
        results_at + 2 * results + 1
    local helpers_at = failures_at + 4 * failures
    local next_at = helpers_at + 1 + tonumber(ARGV[helpers_at])
    local key = base .. 'job:' .. job
    if seen_slots[slot] or not holds_under(slot, token) then
        if redis.call('HGET', key, 'nonce') == submission then
            redis.call('HINCRBY', key, 'late', 1)
        end
        return { 2, { 1 } }, next_at
    end
    seen_slots[slot] = true
    local info, held_key = job_info(job), base .. 'held:' .. slot
    -- The id may have been given to another submission since.
    local is_its = info.nonce == submission
    local is_live = is_its and info.live
    if not is_live or results + failures < redis.call('LLEN', held_key) then
        give_back(info, is_its, held_key, results_at, results, failures_at, failures)
    end
    if is_live then
        if results > 0 then take_results(info, job, slot, results_at, results) end
        for i = failures_at, helpers_at - 1, 4 do
            take_failure(info, job, slot, ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
        end
        for i = helpers_at + 1, next_at - 1 do
            for name in string.gmatch(ARGV[i], '%S+') do
                redis.call('HSETNX', key .. ':workers', name, 0)
            end
        end
        counts[job] = (counts[job] or 0) + results
        woken[job] = info.owner
    end
    redis.call('DEL', held_key)
    local claim = { 1 }
    if most > 0 then claim = lease(slot, submission, most, token, true) end
    if claim[1] ~= 0 then unlease(slot) end
    return { is_live and 0 or 3, claim }, next_at
end

local replies, at = { 0 }, 4
while at <= #ARGV do
    replies[#replies + 1], at = hand_in(at)
end
for job, count in pairs(counts) do
    if count > 0 then redis.call('HINCRBY', base .. 'job:' .. job .. ':workers', worker, count) end
end
for job, owner in pairs(woken) do
    if owner then redis.call('RPUSH', base .. 'wake:' .. owner, job) end
end
lease_write(lease_ms)
return replies
