-- commit.lua: results enter a job's state. Purpose: state, folded results, new tasks, weights and
-- metrics change in one step, on top of the commit that the owner knows, or not at all.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 job, 2 nonce of its submission, 3 master, 4 fence, 5 commits, 6 checkpoint, 7 report
--      (JSON), 8 version of the vectors, 9 total, then: folded count and numbers; task count and
--      (number, spec) pairs; epoch count and, for each, its count of names and values, and these;
--      count of weights to be kept and (epoch, weights) pairs; count of vectors and (name, numbers)
--      pairs
-- Returns {0, results still waiting}; {3} the job has ended, or another has its id;
--      {4} another owner or commit.
local base = KEYS[1]
--@include event
--@include ready
--@include vectors
--@include commit
local code = commit()
if type(code) == 'table' then return code end
if code ~= 0 then return { code } end
return { 0, redis.call('HLEN', base .. 'job:' .. ARGV[1] .. ':results') }
