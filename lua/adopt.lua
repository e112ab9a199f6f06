-- adopt.lua: a master becomes the owner of a job. Purpose: a new job, or one whose owner is gone,
-- gets one owner with a higher fencing number; what the former owner still sends is refused.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 master, 2 stream entry of the job, '' for the oldest one that no master was given, 3 '1':
--      its commits are staged until settle.lua
-- Returns {0, job, fence, commits, type, params, checkpoint or '', total, done, left_ms, former or
--      '', slots, unsettled, quiet, nonce of the submission}: left_ms until the job's time limit,
--      -1 without one; former: the checkpoint of the job that this one goes on from; unsettled '1':
--      a commit waits for settle.lua, else '0'; quiet '1': no result waits, and no task has failed,
--      else '0';
--      {1} there is no such entry;
--      {3} the job has ended, or is not that of the entry, or ends now, with `lost_data`, when half
--      of a commit is all that Redis has; {4} a living master owns it, or the caller is not
--      registered.
local base = KEYS[1]
local master, entry = ARGV[1], ARGV[2]
--@include live
--@include now
--@include event
--@include submitted
--@include ready
--@include vectors
--@include sweep
--@include finish
--@include control
local now = now_ms()
if tonumber(redis.call('ZSCORE', base .. 'masters', master) or 0) <= now then return { 4 } end
local job
if entry == '' then
    local read = redis.call('XREADGROUP', 'GROUP', 'masters', master, 'COUNT', '1', 'STREAMS',
        base .. 'jobs', '>')
    if not read then return { 1 } end
    local row = read[1][2][1]
    entry, job = row[1], row[2][2]
else
    local found = redis.call('XRANGE', base .. 'jobs', entry, entry)
    job = found[1] and found[1][2][2]
end
local key = base .. 'job:' .. (job or '')
local info = redis.call('HMGET', key, 'state', 'owner', 'commits', 'type', 'params', 'checkpoint',
    'total', 'done', 'submitted_ms', 'timeout_ms', 'former', 'begun', 'retried', 'fatal_code',
    'started_ms', 'careful', 'ending', 'producer', 'nonce', 'entry')
if not job or not live(info[1]) or info[20] ~= entry then
    redis.call('XACK', base .. 'jobs', 'masters', entry)
    redis.call('XDEL', base .. 'jobs', entry)
    return { 3 }
end
local owner = info[2]
if owner and owner ~= master
    and tonumber(redis.call('ZSCORE', base .. 'masters', owner) or 0) > now then
    return { 4 }
end
if info[12] and info[12] ~= info[3] then
    finish(job, 'failed', 'lost_data',
        'Redis lost half of a commit of this job when it was restarted; submit it again')
    tell_cancel(job, info[19])
    return { 3 }
end
if ARGV[2] ~= '' then
    redis.call('XCLAIM', base .. 'jobs', 'masters', master, '0', entry, 'JUSTID')
end
local fence = redis.call('HINCRBY', key, 'fence', '1')
redis.call('HSET', key, 'owner', master, 'state', 'running')
if not info[15] then redis.call('HSET', key, 'started_ms', string.format('%d', now)) end
if ARGV[3] == '1' then
    redis.call('HSET', key, 'careful', '1')
elseif info[16] then
    redis.call('HDEL', key, 'careful')
end
-- Of these most jobs have none, which one look tells.
local some = redis.call('EXISTS', key .. ':staged', key .. ':results') > 0
local unsettled = info[17] or (some and redis.call('EXISTS', key .. ':staged') == 1)
local left_ms, limit_ms = -1, tonumber(info[10]) or 0
if limit_ms > 0 then left_ms = math.max(tonumber(info[9]) + limit_ms - now, 0) end
if fence == 1 then tell_submitted(job, info[4], info[18], info[9]) end
if owner then
    event('event', 'job_taken_over', 'job', job, 'from', owner, 'by', master)
else
    event('event', 'job_running', 'job', job, 'by', master)
end
local quiet = (info[13] or '0') == '0' and not info[14]
    and not (some and redis.call('EXISTS', key .. ':results') == 1)
return { 0, job, fence, tonumber(info[3]), info[4], info[5], info[6] or '', tonumber(info[7]),
    tonumber(info[8] or 0), left_ms, info[11] or '', redis.call('SCARD', base .. 'slots'),
    unsettled and '1' or '0', quiet and '1' or '0', info[19] }
