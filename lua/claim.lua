-- claim.lua: a slot takes the lease over its tasks. Purpose: what BRPOPLPUSH put into the slot's
-- held list, or a claim whose reply was lost left there, is leased with a new token, topped up
-- from the ready list.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 worker, 2 nonce, 3 slot, 4 lease_ms, 5 job that the slot knows, 6 most tasks of that job
-- Returns {0, token, job, type, params, {no, ...}, {spec, ...}, task_timeout_ms};
--      {1} nothing to do; {7} the worker is not registered.
local base = KEYS[1]
local worker, nonce, slot, lease_ms = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
--@include live
--@include now
--@include ready
--@include tries
--@include member
--@include info
--@include lease
if not member(worker, nonce) then return { 7 } end
local claim = lease(slot, ARGV[5], tonumber(ARGV[6]))
if claim[1] ~= 0 then unlease(slot) end
lease_write(lease_ms)
return claim
