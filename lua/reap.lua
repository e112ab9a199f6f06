-- reap.lua: what is due on Redis' clock. Purpose: slots whose lease has run out and workers that
-- fell silent lose what they hold, retries that are due become ready. Any master may call it.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 most retries to make ready
-- Returns {0, next_ms}: how long until something may be due again; -1: nothing is known to come.
local base = KEYS[1]
local most = tonumber(ARGV[1])
--@include live
--@include now
--@include event
--@include ready
--@include twins
--@include tries
--@include bury
--@include release
--@include evict
local now = now_ms()
for _, slot in ipairs(redis.call('ZRANGEBYSCORE', base .. 'leases', '-inf', now, 'LIMIT', 0, 8)) do
    release(slot, string.match(slot, '^(.*)%.%d+$'), true, 'lease expired')
end
local silent = redis.call('ZRANGEBYSCORE', base .. 'workers', '-inf', now, 'LIMIT', 0, 4)
for _, worker in ipairs(silent) do
    evict(worker, true, 'silent')
end
for _, worker in ipairs(redis.call('ZRANGEBYSCORE', base .. 'gone', '-inf', now, 'LIMIT', 0, 4)) do
    redis.call('ZREM', base .. 'gone', worker)
    if not redis.call('ZSCORE', base .. 'workers', worker) then strip(worker, false, 'silent') end
end
local due = redis.call('ZRANGEBYSCORE', base .. 'delayed', '-inf', now, 'LIMIT', 0, most)
local ready = ready_key()
for _, id in ipairs(due) do
    redis.call('ZREM', base .. 'delayed', id)
    redis.call('RPUSH', ready, id)
end
local next_ms = -1
for _, name in ipairs({ 'leases', 'workers', 'gone', 'delayed' }) do
    local first = redis.call('ZRANGE', base .. name, 0, 0, 'WITHSCORES')[2]
    if first then
        local wait = math.max(tonumber(first) - now, 0)
        if next_ms < 0 or wait < next_ms then next_ms = wait end
    end
end
return { 0, math.ceil(next_ms) }
