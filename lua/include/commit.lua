-- commit: the one step in which results enter a job's state: the new state, the removal of the
-- results it holds, the next tasks, weights and metrics, all or nothing, by the job's present owner
-- on top of the commit it knows. ARGV from 1: job, master, fence, commits, checkpoint, report,
-- weights ('' keeps), version, best ('' keeps), total; then
-- folded count and numbers, task count and (number, spec) pairs, epoch count and, for each, the
-- number of its fields and values and these. Returns a code.
local function each_slice(first, count, call)
    local at = first
    while at < first + count do
        local last = math.min(at + 999, first + count - 1)
        call(at, last)
        at = last + 1
    end
end

local function commit()
    local job, master, fence, commits = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
    local key = base .. 'job:' .. job
    local info = redis.call('HMGET', key, 'state', 'owner', 'fence', 'commits')
    if info[1] ~= 'running' then return 3 end
    if info[2] ~= master or info[3] ~= fence or info[4] ~= commits then return 4 end
    local at = 11
    local folded = tonumber(ARGV[at])
    each_slice(at + 1, folded, function(from, to)
        redis.call('HDEL', key .. ':results', unpack(ARGV, from, to))
        redis.call('HDEL', key .. ':tasks', unpack(ARGV, from, to))
        redis.call('HDEL', key .. ':tries', unpack(ARGV, from, to))
    end)
    at = at + 1 + folded
    local tasks = tonumber(ARGV[at])
    if tasks > 0 then
        local prefix, ids = job .. '/', {}
        each_slice(at + 1, 2 * tasks, function(from, to)
            redis.call('HSET', key .. ':tasks', unpack(ARGV, from, to))
            local count = 0
            for i = from, to, 2 do
                count = count + 1
                ids[count] = prefix .. ARGV[i]
            end
            redis.call('LPUSH', base .. 'ready', unpack(ids, 1, count))
        end)
    end
    at = at + 1 + 2 * tasks
    for _ = 1, tonumber(ARGV[at]) do
        local size = tonumber(ARGV[at + 1])
        redis.call('XADD', key .. ':epochs', 'MAXLEN', '~', 100000, '*',
            unpack(ARGV, at + 2, at + 1 + size))
        event('event', 'epoch', 'job', job, unpack(ARGV, at + 2, at + 1 + size))
        at = at + 1 + size
    end
    if ARGV[7] ~= '' then redis.call('SET', key .. ':weights', ARGV[7]) end
    if ARGV[9] ~= '' then redis.call('SET', key .. ':best', ARGV[9]) end
    if ARGV[5] ~= '' then redis.call('HSET', key, 'checkpoint', ARGV[5]) end
    redis.call('HSET', key, 'report', ARGV[6], 'version', ARGV[8], 'total', ARGV[10],
        'commits', commits + 1)
    if folded > 0 then redis.call('HINCRBY', key, 'done', folded) end
    return 0
end
