-- strip: all that the slots of a worker hold goes back, and the slots count no longer.
local function strip(worker, lost, reason)
    local slots = tonumber(redis.call('HGET', base .. 'worker:' .. worker, 'slots')) or 0
    local moved = 0
    for i = 0, slots - 1 do
        local slot = worker .. '.' .. i
        moved = moved + release(slot, worker, lost, reason)
        redis.call('SREM', base .. 'slots', slot)
    end
    return moved
end

-- evict: a worker is gone: all that its slots hold goes back, and it leaves the sets of the living.
-- silentMs in the event: how long it had not been heard of. Its hash stays a week, for its counts.
-- A blocked read of it may still be handed a task: reap looks once more when such reads have ended.
local function evict(worker, lost, reason)
    local key = base .. 'worker:' .. worker
    local presence_ms = tonumber(redis.call('HGET', key, 'presence_ms')) or 0
    local deadline = tonumber(redis.call('ZSCORE', base .. 'workers', worker)) or 0
    local silent_ms = now_ms() - (deadline - presence_ms)
    local moved = strip(worker, lost, reason)
    redis.call('ZREM', base .. 'workers', worker)
    redis.call('ZADD', base .. 'gone', now_ms() + 10000, worker)
    redis.call('HDEL', key, 'nonce')
    redis.call('HDEL', base .. 'clients', worker)
    redis.call('EXPIRE', key, 604800)
    event('event', 'worker_gone', 'worker', worker, 'reason', reason, 'tasks', moved,
        'silentMs', silent_ms)
    return moved
end
