-- dismiss.lua: a worker's connection is gone, so its process is dead or cut off. Purpose: what it
-- holds goes back now, not when its presence runs out; unless it has registered anew meanwhile.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 worker, 2 id of the connection that is gone
-- Returns {0, tasks handed back}; {7} it is not registered with that connection.
local base = KEYS[1]
local worker, client = ARGV[1], ARGV[2]
--@include live
--@include now
--@include event
--@include ready
--@include twins
--@include tries
--@include bury
--@include release
--@include evict
if redis.call('HGET', base .. 'clients', worker) ~= client then return { 7 } end
return { 0, evict(worker, true, 'connection closed') }
