-- bury: a task that is given up goes to the dead letters (of which the newest 10,000 are listed),
-- and its job is marked so that the owner ends it. The first such task gives the job its reason; a
-- fatal error, which a repeat cannot mend, makes a replay pointless.
local function bury(job, no, code, message, worker, attempts, lost, fatal)
    local key = base .. 'job:' .. job
    local spec = redis.call('HGET', key .. ':tasks', no) or ''
    local now = now_ms()
    redis.call('HSET', key .. ':dead', no, cjson.encode({
        code = code, message = message, worker = worker, attempts = attempts, lost = lost,
        atMs = now, spec = spec }))
    redis.call('ZADD', base .. 'dead', now, job .. '/' .. no)
    redis.call('ZREMRANGEBYRANK', base .. 'dead', 0, -10001)
    if redis.call('HSETNX', key, 'fatal_code', code) == 1 then
        redis.call('HSET', key, 'fatal_message', message, 'fatal_task', no,
            'replayable', fatal and '0' or '1')
    end
    event('event', 'task_dead', 'job', job, 'task', no, 'code', code, 'message', message)
    local owner = redis.call('HGET', key, 'owner')
    if owner then redis.call('RPUSH', base .. 'wake:' .. owner, job) end
end
