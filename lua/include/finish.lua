-- finish: the end of a job, in whatever state: its open tasks go, its result and weights stay for
-- the retention time. What a replay needs stays as long, when the job failed because a task was
-- given up.
local function finish(job, state, code, message)
    local key = base .. 'job:' .. job
    local now = now_ms()
    local info = redis.call('HMGET', key, 'entry', 'retention_ms', 'owner', 'replayable')
    redis.call('HSET', key, 'state', state, 'finished_ms', now)
    if code ~= '' then redis.call('HSET', key, 'error_code', code, 'error', message) end
    if redis.call('HLEN', key .. ':tasks') > 0 then sweep(job) end
    redis.call('DEL', key .. ':tries', key .. ':twins', key .. ':staged')
    redis.call('HDEL', key, 'ending', 'ending_code', 'ending_message')
    if state ~= 'failed' or info[4] ~= '1' then
        redis.call('UNLINK', key .. ':results')
        redis.call('UNLINK', key .. ':tasks')
    end
    if info[1] then
        redis.call('XACK', base .. 'jobs', 'masters', info[1])
        redis.call('XDEL', base .. 'jobs', info[1])
    end
    local keep = tonumber(info[2] or 604800000) -- a week
    for _, name in ipairs(vector_names) do redis.call('PEXPIRE', key .. ':' .. name, keep) end
    for _, name in ipairs({ '', ':epochs', ':history', ':workers', ':dead',
        ':tasks', ':results' }) do
        redis.call('PEXPIRE', key .. name, keep)
    end
    redis.call('ZADD', base .. 'finished', now + keep, job)
    local old = redis.call('ZRANGEBYSCORE', base .. 'finished', '-inf', now, 'LIMIT', 0, 100)
    if #old > 0 then redis.call('ZREM', base .. 'finished', unpack(old)) end
    event('event', 'job_' .. state, 'job', job, 'code', code, 'message', message)
    return info[3]
end
