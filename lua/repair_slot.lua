-- repair_slot.lua: what a slot holds goes back when nobody answers for it. Purpose: held lists of
-- workers that are gone, and holds whose deadline, token and tasks do not agree, are released.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 slot, 2 by whom
-- Returns {0, what was done}; {1} nothing is wrong.
local base = KEYS[1]
local slot, by = ARGV[1], ARGV[2]
--@include live
--@include now
--@include event
--@include ready
--@include twins
--@include tries
--@include bury
--@include release
local worker = string.match(slot, '^(.*)%.%d+$')
if not worker then return { 1 } end
local present = redis.call('ZSCORE', base .. 'workers', worker)
local held = redis.call('LLEN', base .. 'held:' .. slot) > 0
local lease = redis.call('ZSCORE', base .. 'leases', slot)
local token = redis.call('ZSCORE', base .. 'since', slot)
local listed = redis.call('SISMEMBER', base .. 'slots', slot) == 1

local function told(what)
    event('event', 'repaired', 'slot', slot, 'by', by, 'what', what)
    return { 0, what }
end

if present then
    -- A hold without lease and token was moved there by Redis, and is claimed next.
    if not (lease or token) or (lease and token and held) then return { 1 } end
    return told(release(slot, worker, false, 'its lease, token and tasks did not agree')
        .. ' tasks made ready again')
end
-- One that is gone for less than some seconds is looked at once more by reap.
if redis.call('ZSCORE', base .. 'gone', worker) then return { 1 } end
if not (held or lease or token or listed) then return { 1 } end
redis.call('SREM', base .. 'slots', slot)
return told(release(slot, worker, false, 'its worker is not there')
    .. ' tasks made ready again, the slot counts no longer')
