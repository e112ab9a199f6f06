-- resume.lua: a queue works as usual again. Purpose: the end of a pause and of a drain, at a cost
-- that does not grow with what waits.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 by whom
-- Returns {0}; {1} it was neither paused nor drained.
local base = KEYS[1]
--@include event
if redis.call('DEL', base .. 'paused', base .. 'draining') == 0 then return { 1 } end
if redis.call('EXISTS', base .. 'parked') == 1 then
    redis.call('RENAME', base .. 'parked', base .. 'ready')
end
event('event', 'queue_resumed', 'by', ARGV[1])
return { 0 }
