-- leave.lua: a worker process goes in good order. Purpose: what it still holds goes back and is
-- not counted as lost.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 worker, 2 nonce, 3 reason
-- Returns {0, tasks handed back}; {7} not registered.
local base = KEYS[1]
local worker, nonce = ARGV[1], ARGV[2]
--@include live
--@include now
--@include event
--@include ready
--@include twins
--@include tries
--@include bury
--@include release
--@include evict
--@include member
if not member(worker, nonce) then return { 7 } end
return { 0, evict(worker, false, ARGV[3]) }
