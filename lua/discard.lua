-- discard.lua: results that no open task waits for go. Purpose: nothing that was left behind, or
-- put there by hand, stays until the job ends; only its present owner may say so, as a former one
-- does not know the tasks that were made since.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 job, 2 master, 3 fence, then the numbers
-- Returns {0}; {3} the job has ended; {4} another owner.
local base = KEYS[1]
local job, master, fence = ARGV[1], ARGV[2], ARGV[3]
local key = base .. 'job:' .. job
local info = redis.call('HMGET', key, 'state', 'owner', 'fence')
if info[1] ~= 'running' then return { 3 } end
if info[2] ~= master or info[3] ~= fence then return { 4 } end
for i = 4, #ARGV do redis.call('HDEL', key .. ':results', ARGV[i]) end
return { 0 }
