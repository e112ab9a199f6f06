-- cancel.lua: a job is ended by a person. Purpose: one step, whoever owns the job and even with no
-- master there; workers that compute for it are told.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 job, 2 by whom
-- Returns {0}; {3, state or ''} the job has ended already, or is not known.
local base = KEYS[1]
local job, by = ARGV[1], ARGV[2]
--@include live
--@include now
--@include event
--@include submitted
--@include ready
--@include sweep
--@include vectors
--@include finish
--@include control
local info = redis.call('HMGET', base .. 'job:' .. job, 'state', 'nonce')
if not live(info[1]) then return { 3, info[1] or '' } end
local owner = finish(job, 'cancelled', 'cancelled', 'cancelled by ' .. by)
tell_cancel(job, info[2])
if owner then redis.call('RPUSH', base .. 'wake:' .. owner, job) end
return { 0 }
