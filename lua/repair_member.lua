-- repair_member.lua: what is left of a worker or master that is gone goes. Purpose: no list of news
-- that nobody reads, no connection that nobody has.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 'worker' or 'master', 2 its id, 3 by whom
-- Returns {0, what was done}; {1} nothing is wrong.
local base = KEYS[1]
local role, id, by = ARGV[1], ARGV[2], ARGV[3]
--@include event
if redis.call('ZSCORE', base .. role .. 's', id) then return { 1 } end
local gone
if role == 'master' then
    gone = redis.call('DEL', base .. 'wake:' .. id)
else
    gone = redis.call('HDEL', base .. 'clients', id)
end
if gone == 0 then return { 1 } end
event('event', 'repaired', role, id, 'by', by, 'what', 'what was left of it is removed')
return { 0, 'what was left of it is removed' }
