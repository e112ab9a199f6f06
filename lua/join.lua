-- join.lua: a worker process registers. Purpose: one living instance for each worker id; what an
-- earlier instance held goes back to the ready list at once.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 worker, 2 nonce of this instance, 3 slots, 4 presence_ms, 5 host, 6 pid, 7 version,
--      8 '1': the instance that has the id is known to be dead, 9 id of the caller's connection
-- Returns {0, completed, failed, assigned}: the counts of the id so far, over all its instances;
--      {5, host, pid, left_ms}: a living instance has the id.
local base = KEYS[1]
local worker, nonce, slots, presence_ms = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
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
local key = base .. 'worker:' .. worker
local had = redis.call('HMGET', key, 'nonce', 'host', 'pid')
local deadline = redis.call('ZSCORE', base .. 'workers', worker)
if had[1] ~= nonce and deadline then
    if tonumber(deadline) > now and ARGV[8] ~= '1' then
        return { 5, had[2] or '?', had[3] or '?', tonumber(deadline) - now }
    end
    evict(worker, true, 'restarted')
elseif had[1] ~= nonce then
    strip(worker, false, 'restarted') -- what was moved there after the worker was given up
end
redis.call('HSET', key, 'nonce', nonce, 'slots', slots, 'host', ARGV[5], 'pid', ARGV[6],
    'version', ARGV[7], 'since_ms', now, 'presence_ms', presence_ms)
redis.call('PERSIST', key)
redis.call('HSET', base .. 'clients', worker, ARGV[9])
redis.call('ZADD', base .. 'workers', now + presence_ms, worker)
-- Masters sleep until the earliest deadline they know; the new worker's may be earlier.
for _, master in ipairs(redis.call('ZRANGEBYSCORE', base .. 'masters', now, '+inf')) do
    redis.call('RPUSH', base .. 'wake:' .. master, '')
end
for i = 0, slots - 1 do redis.call('SADD', base .. 'slots', worker .. '.' .. i) end
if had[1] ~= nonce or not deadline then
    event('event', 'worker_joined', 'worker', worker, 'slots', slots, 'host', ARGV[5], 'pid',
        ARGV[6])
end
local counts = redis.call('HMGET', key, 'completed', 'failed', 'assigned')
return { 0, counts[1] or '0', counts[2] or '0', counts[3] or '0' }
