-- preside.lua: a master's presence, and what the dead ones left. Purpose: registers the master
-- until its deadline; names the jobs of masters whose deadline has passed, to be adopted, and
-- forgets such masters a while after they own nothing. One that comes back after its own deadline
-- is told of its own jobs, too. A process that lost its connection comes back under a new id.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 master, 2 presence_ms, 3 host, 4 pid, 5 version
-- Returns {0, {stream entry, ...}, next_ms}: entries to adopt; when to look again at the latest.
local base = KEYS[1]
local master, presence_ms = ARGV[1], tonumber(ARGV[2])
--@include now
--@include event
local now = now_ms()
local linger_ms = 5000
local entries = {}
if redis.call('EXISTS', base .. 'jobs') == 0
    or #redis.call('XINFO', 'GROUPS', base .. 'jobs') == 0 then
    redis.call('XGROUP', 'CREATE', base .. 'jobs', 'masters', '0', 'MKSTREAM')
end
local key = base .. 'master:' .. master
if redis.call('HSETNX', key, 'since_ms', now) == 1 then
    redis.call('HSET', key, 'host', ARGV[3], 'pid', ARGV[4], 'version', ARGV[5],
        'presence_ms', presence_ms)
    event('event', 'master_joined', 'master', master, 'host', ARGV[3], 'pid', ARGV[4])
end
local before = tonumber(redis.call('ZSCORE', base .. 'masters', master) or 0)
redis.call('ZADD', base .. 'masters', now + presence_ms, master)
redis.call('PEXPIRE', key, 86400000)
local function name_jobs_of(reader)
    local rows = redis.call('XPENDING', base .. 'jobs', 'masters', '-', '+', 1000, reader)
    for _, row in ipairs(rows) do entries[#entries + 1] = row[1] end
    return #rows
end
if before <= now then name_jobs_of(master) end
local next_ms = presence_ms
for _, other in ipairs(redis.call('ZRANGE', base .. 'masters', 0, 63)) do
    local deadline = tonumber(redis.call('ZSCORE', base .. 'masters', other))
    if deadline > now then
        next_ms = math.min(next_ms, deadline - now)
        break
    end
    if name_jobs_of(other) == 0 and deadline + linger_ms < now then
        redis.call('ZREM', base .. 'masters', other)
        redis.call('XGROUP', 'DELCONSUMER', base .. 'jobs', 'masters', other)
        redis.call('DEL', base .. 'master:' .. other, base .. 'wake:' .. other)
        event('event', 'master_gone', 'master', other)
    end
end
return { 0, entries, next_ms }
