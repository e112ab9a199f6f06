-- discard.lua: results that no open task waits for go. Purpose: nothing that was left behind, or
-- put there by hand, stays until the job ends; only its present owner may say so, as a former one
-- does not know the tasks that were made since.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 job, 2 nonce of its submission, 3 master, 4 fence, then the numbers
-- Returns {0}; {3} the job has ended, or another has its id; {4} another owner.
local base = KEYS[1]
local job, nonce, master, fence = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local key = base .. 'job:' .. job
local info = redis.call('HMGET', key, 'state', 'owner', 'fence', 'nonce')
if info[1] ~= 'running' or info[4] ~= nonce then return { 3 } end
if info[2] ~= master or info[3] ~= fence then return { 4 } end
for i = 5, #ARGV do redis.call('HDEL', key .. ':results', ARGV[i]) end
return { 0 }
