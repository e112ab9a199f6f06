-- evict: a worker is gone: all that its slots hold goes back, and it leaves the sets of the living.
-- Its hash stays a week, for its counts.
local function evict(worker, lost, reason)
    local key = base .. 'worker:' .. worker
    local slots = tonumber(redis.call('HGET', key, 'slots')) or 0
    local moved = 0
    for i = 0, slots - 1 do
        local slot = worker .. '.' .. i
        moved = moved + release(slot, worker, lost, reason)
        redis.call('SREM', base .. 'slots', slot)
    end
    redis.call('ZREM', base .. 'workers', worker)
    redis.call('HDEL', key, 'nonce')
    redis.call('EXPIRE', key, 604800)
    event('event', 'worker_gone', 'worker', worker, 'reason', reason, 'tasks', moved)
    return moved
end
