-- finish: the end of a job, in whatever state: its open tasks go, its result and weights stay for
-- the retention time. What a replay needs stays as long, when the job failed because a task was
-- given up.
local function finish(job, state, code, message)
    local key = base .. 'job:' .. job
    local info = redis.call('HMGET', key, 'entry', 'retention_ms', 'owner', 'replayable', 'ending',
        'fence')
    -- As text: the conversion of numbers by redis.call is slow.
    local now, keep = now_ms(), tonumber(info[2] or 604800000) -- a week
    local now_text, keep_text = string.format('%d', now), string.format('%d', keep)
    redis.call('HSET', key, 'state', state, 'finished_ms', now_text)
    if code ~= '' then redis.call('HSET', key, 'error_code', code, 'error', message) end
    if info[5] then redis.call('HDEL', key, 'ending', 'ending_code', 'ending_message') end
    if redis.call('HLEN', key .. ':tasks') > 0 then sweep(job) end
    if state == 'failed' and info[4] == '1' then
        redis.call('UNLINK', key .. ':tries', key .. ':twins', key .. ':staged')
    else
        redis.call('UNLINK', key .. ':tries', key .. ':twins', key .. ':staged', key .. ':results',
            key .. ':tasks')
    end
    if info[1] then
        redis.call('XACK', base .. 'jobs', 'masters', info[1])
        redis.call('XDEL', base .. 'jobs', info[1])
    end
    redis.call('PEXPIRE', key, keep_text)
    redis.call('PEXPIRE', key .. ':workers', keep_text)
    -- Of these most jobs have none, which one look tells.
    local others = { key .. ':epochs', key .. ':history', key .. ':dead', key .. ':tasks',
        key .. ':results' }
    for _, name in ipairs(vector_names) do others[#others + 1] = key .. ':' .. name end
    if redis.call('EXISTS', unpack(others)) > 0 then
        for _, other in ipairs(others) do redis.call('PEXPIRE', other, keep_text) end
    end
    redis.call('ZADD', base .. 'finished', string.format('%d', now + keep), job)
    local old = redis.call('ZRANGEBYSCORE', base .. 'finished', '-inf', now_text, 'LIMIT', '0',
        '100')
    if #old > 0 then redis.call('ZREM', base .. 'finished', unpack(old)) end
    if not info[6] then
        tell_submitted(job, unpack(redis.call('HMGET', key, 'type', 'producer', 'submitted_ms')))
    end
    event('event', 'job_' .. state, 'job', job, 'code', code, 'message', message)
    return info[3]
end
