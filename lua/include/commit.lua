-- commit: the one step in which results enter a job's state: the new state, the removal of the
-- results it holds, the next tasks, weights and metrics, all or nothing, by the job's present owner
-- on top of the commit it knows. ARGV from 1: job, nonce of its submission, master, fence, commits,
-- checkpoint, report, version of the vectors, total; then folded count and numbers, task count and
-- (number, spec) pairs, epoch count and, for each, the number of its fields and values and these;
-- count of epochs whose weights are kept and (epoch, weights) pairs; count of vectors and (name,
-- numbers) pairs.
-- Returns a code, or an error reply when the lists make no sense; and whether the owner is careful.
local function each_slice(first, count, call)
    local at = first
    while at < first + count do
        local last = math.min(at + 999, first + count - 1)
        call(at, last)
        at = last + 1
    end
end

-- Weights of epochs follow each other; the newest that fit 64 MiB stay, with what Redis itself
-- needs for each.
local function remember(history, epoch, weights)
    local most = math.floor(67108864 / (#weights + 128))
    if most < 1 then return end
    redis.call('HSET', history, epoch, weights)
    redis.call('HDEL', history, epoch - most)
end

-- Where the lists start in ARGV and how long they are, found before anything is written; nil when
-- the call is malformed.
local function commit_lists()
    local lists = { folded = tonumber(ARGV[10]) }
    if not lists.folded then return nil end
    lists.tasks_at = 11 + lists.folded
    lists.tasks = tonumber(ARGV[lists.tasks_at])
    if not lists.tasks then return nil end
    lists.epochs_at = lists.tasks_at + 1 + 2 * lists.tasks
    lists.epochs = tonumber(ARGV[lists.epochs_at])
    if not lists.epochs then return nil end
    local at = lists.epochs_at + 1
    for _ = 1, lists.epochs do
        local size = tonumber(ARGV[at])
        if not size or size < 2 then return nil end
        at = at + 1 + size
    end
    lists.kept_at = at
    lists.kept = tonumber(ARGV[at])
    if not lists.kept then return nil end
    lists.vectors_at = at + 1 + 2 * lists.kept
    lists.vectors = tonumber(ARGV[lists.vectors_at])
    if not lists.vectors or #ARGV < lists.vectors_at + 2 * lists.vectors then return nil end
    local known = {}
    for _, name in ipairs(vector_names) do known[name] = true end
    for i = lists.vectors_at + 1, lists.vectors_at + 2 * lists.vectors, 2 do
        if not known[ARGV[i]] then return nil end
    end
    return lists
end

local function commit()
    local job, nonce, master, fence, commits = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
    local key = base .. 'job:' .. job
    local info = redis.call('HMGET', key, 'state', 'owner', 'fence', 'commits', 'careful', 'nonce')
    if info[1] ~= 'running' or info[6] ~= nonce then return 3 end
    if info[2] ~= master or info[3] ~= fence or info[4] ~= commits then return 4 end
    local lists = commit_lists()
    if not lists then return redis.error_reply('ERR the lists of this commit are malformed') end
    -- The first write names the commit, the last one counts it: a server that carried out only half
    -- of this script when it read its log is found out.
    local next_commits = string.format('%d', commits + 1)
    redis.call('HSET', key, 'begun', next_commits)
    local tried = redis.call('EXISTS', key .. ':tries') == 1
    each_slice(11, lists.folded, function(from, to)
        redis.call('HDEL', key .. ':results', unpack(ARGV, from, to))
        redis.call('HDEL', key .. ':tasks', unpack(ARGV, from, to))
        if tried then redis.call('HDEL', key .. ':tries', unpack(ARGV, from, to)) end
    end)
    local prefix, ids = job .. '/', {}
    -- Of a careful owner they wait until replicas have the commit: settle.lua.
    local ready = info[5] and key .. ':staged' or ready_key()
    each_slice(lists.tasks_at + 1, 2 * lists.tasks, function(from, to)
        redis.call('HSET', key .. ':tasks', unpack(ARGV, from, to))
        local count = 0
        for i = from, to, 2 do
            count = count + 1
            ids[count] = prefix .. ARGV[i]
        end
        redis.call('LPUSH', ready, unpack(ids, 1, count))
    end)
    local at = lists.epochs_at + 1
    for _ = 1, lists.epochs do
        local last = at + tonumber(ARGV[at])
        redis.call('XADD', key .. ':epochs', 'MAXLEN', '~', '100000', '*',
            unpack(ARGV, at + 1, last))
        event('event', 'epoch', 'job', job, unpack(ARGV, at + 1, last))
        at = last + 1
    end
    for i = lists.kept_at + 1, lists.kept_at + 2 * lists.kept, 2 do
        remember(key .. ':history', ARGV[i], ARGV[i + 1])
    end
    for i = lists.vectors_at + 1, lists.vectors_at + 2 * lists.vectors, 2 do
        redis.call('SET', key .. ':' .. ARGV[i], ARGV[i + 1])
    end
    if ARGV[6] ~= '' then redis.call('HSET', key, 'checkpoint', ARGV[6]) end
    if lists.folded > 0 then
        redis.call('HINCRBY', key, 'done', string.format('%d', lists.folded))
    end
    redis.call('HSET', key, 'report', ARGV[7], 'version', ARGV[8], 'total', ARGV[9],
        'commits', next_commits)
    return 0, info[5] and true
end
