-- repair_job.lua: no job is left hanging. Purpose: one that no master would ever hear of again is
-- told of anew; one that has lost tasks fails with that reason; what is left of one that is gone
-- goes.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 job, 2 entry in the stream of jobs that names it ('' none), 3 by whom
-- Returns {0, what was done}; {1} nothing is wrong.
local base = KEYS[1]
local job, found, by = ARGV[1], ARGV[2], ARGV[3]
--@include live
--@include now
--@include event
--@include ring
--@include submitted
--@include ready
--@include sweep
--@include vectors
--@include parts
--@include finish
--@include control
local key, jobs = base .. 'job:' .. job, base .. 'jobs'
local info = redis.call('HMGET', key, 'state', 'entry', 'owner', 'total', 'done', 'begun',
    'commits', 'nonce')

local function told(what)
    event('event', 'repaired', 'job', job, 'by', by, 'what', what)
    return { 0, what }
end

-- The group of masters is made by the first one.
local function group()
    if redis.call('EXISTS', jobs) == 0 then return nil end
    local row = redis.call('XINFO', 'GROUPS', jobs)[1]
    for i = 1, row and #row or 0, 2 do
        if row[i] == 'last-delivered-id' then return row[i + 1] end
    end
end

local function is_newer(entry, last)
    local a, b = string.match(entry, '^(%d+)-(%d+)$')
    local c, d = string.match(last, '^(%d+)-(%d+)$')
    a, b, c, d = tonumber(a), tonumber(b), tonumber(c), tonumber(d)
    return a > c or (a == c and b > d)
end

-- Will some master hear of the entry, or has it, and answers for the job?
local function is_heard(entry)
    local row = redis.call('XRANGE', jobs, entry, entry)[1]
    if not row or row[2][2] ~= job then return false end
    local last = group()
    if not last or is_newer(entry, last) then return true end
    local pending = redis.call('XPENDING', jobs, 'masters', entry, entry, 1)[1]
    if not pending or not redis.call('ZSCORE', base .. 'masters', pending[2]) then return false end
    if info[3] then return info[3] == pending[2] end
    return tonumber(pending[3]) < 10000 -- a master adopts at once what it is given
end

local function forget(entry)
    local row = entry ~= '' and redis.call('XRANGE', jobs, entry, entry)[1]
    if not row or row[2][2] ~= job then return 0 end
    if group() then redis.call('XACK', jobs, 'masters', entry) end
    return redis.call('XDEL', jobs, entry)
end

if not live(info[1]) then
    local gone = forget(found)
    if not info[1] then
        gone = gone + redis.call('UNLINK', key, unpack(part_keys(key)))
    end
    if gone == 0 then return { 1 } end
    return told('what was left of it is removed')
end
local open = (tonumber(info[4]) or 0) - (tonumber(info[5]) or 0)
local there = redis.call('HLEN', key .. ':tasks')
local half = info[6] and info[6] ~= info[7]
if open ~= there or half then
    local why = there .. ' tasks are there where ' .. open .. ' are open: Redis lost data'
    if half then why = 'Redis lost half of a commit' end
    local owner = finish(job, 'failed', 'lost_data', why .. ' of this job; submit it again')
    tell_cancel(job, info[8])
    if owner then redis.call('RPUSH', base .. 'wake:' .. owner, job) end
    return told('failed: it could not have ended right')
end
if info[2] and is_heard(info[2]) then return { 1 } end
-- A former owner is refused from now on.
forget(found)
if info[2] then forget(info[2]) end
redis.call('HDEL', key, 'owner')
redis.call('HSET', key, 'entry', redis.call('XADD', jobs, '*', 'job', job))
ring()
return told('told to the masters again')
