-- finish.lua: the owner ends a job. Purpose: the last commit and the end of the job in one step.
-- KEYS 1: dtq:{queue}:
-- ARGV 1-9 and the lists as for commit.lua, then state (completed, failed), error code or '',
--      message
-- Of a careful owner the end is kept back until settle.lua.
-- Returns {0}; {3} the job has ended, or another has its id; {4} another owner or commit.
local base = KEYS[1]
local state, failure, message = ARGV[#ARGV - 2], ARGV[#ARGV - 1], ARGV[#ARGV]
--@include now
--@include event
--@include submitted
--@include ready
--@include vectors
--@include commit
--@include sweep
--@include finish
local code, careful = commit()
if type(code) == 'table' then return code end
if code == 0 and careful then
    redis.call('HSET', base .. 'job:' .. ARGV[1], 'ending', state, 'ending_code', failure,
        'ending_message', message)
elseif code == 0 then
    finish(ARGV[1], state, failure, message)
end
return { code }
