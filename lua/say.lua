-- say.lua: a word from one person to all consoles. Purpose: chat stands in the event stream, of the
-- same bounded length as everything told there.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 who says it, 2 text
-- Returns {0}.
local base = KEYS[1]
--@include event
event('event', 'chat', 'from', ARGV[1], 'text', ARGV[2])
return { 0 }
