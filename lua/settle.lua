-- settle.lua: a commit counts, for enough replicas have it. Purpose: what the commits of a careful
-- owner kept back goes out: tasks become ready, or the job ends.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 job, 2 nonce of its submission, 3 master, 4 fence, 5 commits
-- Returns {0, '1' the job has ended or '0'}; {3} the job has ended before, or another has its id;
--      {4} another owner or commit.
local base = KEYS[1]
local job, nonce, master, fence, commits = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
--@include now
--@include event
--@include submitted
--@include ready
--@include vectors
--@include sweep
--@include finish
local key = base .. 'job:' .. job
local info = redis.call('HMGET', key, 'state', 'owner', 'fence', 'commits', 'ending', 'ending_code',
    'ending_message', 'nonce')
if info[1] ~= 'running' or info[8] ~= nonce then return { 3 } end
if info[2] ~= master or info[3] ~= fence or info[4] ~= commits then return { 4 } end
if info[5] then
    finish(job, info[5], info[6], info[7])
    return { 0, '1' }
end
local staged, ready = redis.call('LRANGE', key .. ':staged', 0, -1), ready_key()
for i = #staged, 1, -1 do redis.call('LPUSH', ready, staged[i]) end
redis.call('DEL', key .. ':staged')
return { 0, '0' }
