-- twins: a task that a second slot was asked to run because the first is slow, as no -> slots. The
-- first valid completion wins.
local function twin_slots(job, no)
    return redis.call('HGET', base .. 'job:' .. job .. ':twins', no)
end

-- Does the slot hold this task?
local function twin_held(slot, id)
    return redis.call('LPOS', base .. 'held:' .. slot, id) ~= false
end

-- A slot gives its copy up without a result; true when another copy is left to decide.
local function twin_leave(job, no, slot)
    local slots = twin_slots(job, no)
    if not slots then return false end
    redis.call('HDEL', base .. 'job:' .. job .. ':twins', no)
    local id, left = job .. '/' .. no, false
    for other in string.gmatch(slots, '%S+') do
        if other ~= slot and twin_held(other, id) then left = true end
    end
    return left or redis.call('LPOS', ready_key(), id, 'RANK', -1, 'MAXLEN', 1000) ~= false
end

-- A copy has won: the others lose their lease, their workers are told to stop. One that holds other
-- tasks besides goes on; its copy is dropped when it is handed in.
local function twin_win(job, no, slot)
    local slots = twin_slots(job, no)
    redis.call('HDEL', base .. 'job:' .. job .. ':twins', no)
    local id, now = job .. '/' .. no, now_ms()
    local took = {}
    for other in string.gmatch(slots, '%S+') do
        local token = tonumber(redis.call('ZSCORE', base .. 'since', other) or 0)
        local age_ms = token > 0 and now - math.floor(token / 1000) or 0
        if other == slot then
            took.winner = age_ms
        elseif twin_held(other, id) and redis.call('LLEN', base .. 'held:' .. other) == 1 then
            took.loser, took.slot = age_ms, other
            redis.call('XADD', base .. 'control', 'MAXLEN', '~', 1000, '*', 'drop', other, 'token',
                string.format('%d', token))
            redis.call('DEL', base .. 'held:' .. other)
            redis.call('ZREM', base .. 'leases', other)
            redis.call('ZREM', base .. 'since', other)
        end
    end
    local ready = ready_key()
    if redis.call('LPOS', ready, id, 'RANK', -1, 'MAXLEN', 1000) then
        redis.call('LREM', ready, -1, id)
    end
    event('event', 'speculation_won', 'job', job, 'task', no, 'slot', slot, 'winnerMs',
        took.winner or 0, 'loser', took.slot or '', 'loserMs', took.loser or 0)
end
