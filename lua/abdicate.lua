-- abdicate.lua: a master leaves, or is known to be dead. Purpose: its jobs are free to be adopted
-- at once, not only when its presence runs out.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 master
-- Returns {0}; {1} no such master.
local base = KEYS[1]
local master = ARGV[1]
--@include now
--@include event
if not redis.call('ZSCORE', base .. 'masters', master) then return { 1 } end
redis.call('ZADD', base .. 'masters', now_ms(), master)
event('event', 'master_left', 'master', master)
return { 0 }
