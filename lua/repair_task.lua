-- repair_task.lua: a task is in one place again. Purpose: one that lies nowhere becomes ready,
-- copies beyond the first go, and what is no task goes. For a queue that lost data or was changed
-- by hand; its cost grows with the ready list and the number of slots.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 job, 2 number of the task, 3 by whom, then slots to look at besides those that are known
-- Returns {0, what was done}; {1} nothing is wrong.
local base = KEYS[1]
local job, no, by = ARGV[1], ARGV[2], ARGV[3]
--@include live
--@include event
--@include ready
local key, id = base .. 'job:' .. job, job .. '/' .. no
local state = redis.call('HGET', key, 'state')
local is_live = live(state)
local is_task = redis.call('HEXISTS', key .. ':tasks', no) == 1

local function looked_at()
    local slots = {}
    for i = 4, #ARGV do slots[ARGV[i]] = true end
    for _, slot in ipairs(redis.call('SMEMBERS', base .. 'slots')) do slots[slot] = true end
    for _, slot in ipairs(redis.call('ZRANGE', base .. 'since', 0, -1)) do slots[slot] = true end
    for _, worker in ipairs(redis.call('ZRANGE', base .. 'gone', 0, -1)) do
        local count = tonumber(redis.call('HGET', base .. 'worker:' .. worker, 'slots')) or 0
        for i = 0, count - 1 do slots[worker .. '.' .. i] = true end
    end
    return slots
end

local function copies(list)
    return #redis.call('LPOS', base .. list, id, 'COUNT', 0)
end

local function take_out()
    return redis.call('LREM', base .. 'ready', 0, id) + redis.call('LREM', base .. 'parked', 0, id)
        + redis.call('ZREM', base .. 'delayed', id)
end

local function told(what)
    event('event', 'repaired', 'job', job, 'task', no, 'by', by, 'what', what)
    return { 0, what }
end

if not is_live or not is_task then
    local stray = redis.call('HDEL', key .. ':results', is_live and no or '')
    if take_out() + stray == 0 then return { 1 } end
    return told('taken out: it is no task of a job that runs')
end
local waiting = copies('ready') + copies('parked')
if redis.call('ZSCORE', base .. 'delayed', id) then waiting = waiting + 1 end
-- Kept back until its commit counts is a place, too.
if redis.call('LPOS', key .. ':staged', id) then waiting = waiting + 1 end
local settled = redis.call('HEXISTS', key .. ':results', no)
    + redis.call('HEXISTS', key .. ':dead', no)
for slot in pairs(looked_at()) do
    if redis.call('LPOS', base .. 'held:' .. slot, id) then settled = settled + 1 end
end
if waiting + settled == 0 then
    redis.call('RPUSH', ready_key(), id)
    return told('made ready again: it was nowhere')
end
-- With second runs a task may well be in two places.
if waiting + settled == 1 or redis.call('HEXISTS', key, 'speculated') == 1 then return { 1 } end
-- From now on what is handed in is looked at one by one, so that a second result counts as late.
redis.call('HSET', key, 'speculated', 0)
take_out()
if settled == 0 then redis.call('RPUSH', ready_key(), id) end
return told('left in one place of ' .. (waiting + settled)
    .. (settled > 1 and '; what is handed in twice counts once' or ''))
