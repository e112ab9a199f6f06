-- pause.lua: no more tasks are handed out. Purpose: what is ready waits in a list that no worker
-- reads; what runs goes on.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 by whom
-- Returns {0}; {1} it is paused already.
local base = KEYS[1]
--@include now
--@include event
if redis.call('SETNX', base .. 'paused', now_ms()) == 0 then return { 1 } end
if redis.call('EXISTS', base .. 'ready') == 1 then
    redis.call('RENAME', base .. 'ready', base .. 'parked')
end
event('event', 'queue_paused', 'by', ARGV[1])
return { 0 }
