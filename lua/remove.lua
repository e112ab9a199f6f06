-- remove.lua: a job that has ended is forgotten. Purpose: all that is kept of it goes before its
-- retention is over, and its id is free again.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 job, 2 by whom
-- Returns {0}; {3} there is no such job; {5, state} it has not ended.
local base = KEYS[1]
local job, by = ARGV[1], ARGV[2]
--@include live
--@include event
--@include vectors
--@include parts
local key = base .. 'job:' .. job
local state = redis.call('HGET', key, 'state')
if not state then return { 3 } end
if live(state) then return { 5, state } end
-- At most as many as a job may have tasks that are not folded.
for _, no in ipairs(redis.call('HKEYS', key .. ':dead')) do
    redis.call('ZREM', base .. 'dead', job .. '/' .. no)
end
redis.call('UNLINK', key, unpack(part_keys(key)))
redis.call('ZREM', base .. 'finished', job)
event('event', 'job_removed', 'job', job, 'by', by)
return { 0 }
