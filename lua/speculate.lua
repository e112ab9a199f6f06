-- speculate.lua: slow tasks get a second chance elsewhere. Purpose: tasks of a job that run much
-- longer than their siblings are made ready once more for slots that are idle; the first valid
-- completion wins.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 job, 2 nonce of its submission, 3 age_ms from which a task counts as slow, 4 most tasks
-- Returns {0, tasks made ready, next_ms}: when a task will be that old; -1: none is held;
--      {3} the job is gone, or another has its id.
local base = KEYS[1]
local job, nonce, age_ms, most = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
--@include now
--@include event
local key, prefix, made = base .. 'job:' .. job, job .. '/', 0
if redis.call('HGET', key, 'nonce') ~= nonce then return { 3 } end
local now = now_ms()
local oldest = redis.call('ZRANGE', base .. 'since', 0, 0, 'WITHSCORES')[2]
local next_ms = oldest and math.max(math.floor(tonumber(oldest) / 1000) + age_ms - now, 0) or -1
if redis.call('LLEN', base .. 'ready') > 0 or redis.call('EXISTS', base .. 'paused') == 1 then
    return { 0, 0, next_ms }
end
local idle = redis.call('SCARD', base .. 'slots') - redis.call('ZCARD', base .. 'leases')
local slow = redis.call('ZRANGEBYSCORE', base .. 'since', '-inf',
    string.format('%d', (now - age_ms) * 1000), 'LIMIT', 0, 64)
for _, slot in ipairs(slow) do
    if made >= math.min(idle, most) then break end
    local held = redis.call('LRANGE', base .. 'held:' .. slot, 0, 1)
    if #held == 1 and string.sub(held[1], 1, #prefix) == prefix then
        local no = string.sub(held[1], #prefix + 1)
        if redis.call('HEXISTS', key .. ':tasks', no) == 1
            and redis.call('HSETNX', key .. ':twins', no, slot) == 1 then
            redis.call('RPUSH', base .. 'ready', held[1])
            redis.call('HINCRBY', key, 'speculated', 1)
            event('event', 'speculation', 'job', job, 'task', no, 'slot', slot, 'ageMs',
                now - math.floor(tonumber(redis.call('ZSCORE', base .. 'since', slot)) / 1000))
            made = made + 1
        end
    end
end
return { 0, made, next_ms }
