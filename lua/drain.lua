-- drain.lua: a queue takes no new jobs. Purpose: what is in it ends; resume.lua opens it again.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 by whom
-- Returns {0}; {1} it is being drained already.
local base = KEYS[1]
--@include now
--@include event
if redis.call('SETNX', base .. 'draining', now_ms()) == 0 then return { 1 } end
event('event', 'queue_draining', 'by', ARGV[1])
return { 0 }
