-- attend.lua: a producer's console is there. Purpose: its presence, and the newest event that it
-- has told its user of, so that it can tell what ended while it was away. A console silent for a
-- day is forgotten, but not what it has told.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 producer, 2 '1' it is there, '0' it leaves, 3 newest event told of ('' keeps)
-- Returns {0, the newest event told of before this call ('' when there was none)}.
local base = KEYS[1]
local producer = ARGV[1]
--@include now
local now = now_ms()
local told = redis.call('HGET', base .. 'told', producer)
if ARGV[3] ~= '' then redis.call('HSET', base .. 'told', producer, ARGV[3]) end
if ARGV[2] == '1' then
    redis.call('ZADD', base .. 'consoles', now, producer)
else
    redis.call('ZREM', base .. 'consoles', producer)
end
redis.call('ZREMRANGEBYSCORE', base .. 'consoles', '-inf', now - 86400000)
return { 0, told or '' }
