-- info: what is asked of a job's hash when its tasks are claimed and handed in, once for each job
-- in a script; nothing of it is changed by such a script.
local infos = {}
local function job_info(job)
    local info = infos[job]
    if info then return info end
    local key = base .. 'job:' .. job
    local got = redis.call('HMGET', key, 'state', 'owner', 'type', 'params', 'claim_max',
        'max_attempts', 'backoff_ms', 'task_timeout_ms', 'speculated', 'reclaimed',
        'nonce')
    info = { key = key, prefix = job .. '/', live = live(got[1]), owner = got[2], type = got[3],
        params = got[4], claim_max = tonumber(got[5]) or 0, max_attempts = tonumber(got[6] or 5),
        backoff_ms = tonumber(got[7] or 2000), task_timeout_ms = got[8] or '0',
        doubled = got[9] ~= false, nonce = got[11] or '',
        -- May some of its tasks have lost a worker?
        lossy = (got[10] or '0') ~= '0' and redis.call('EXISTS', key .. ':tries') == 1 }
    infos[job] = info
    return info
end
