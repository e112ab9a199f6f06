-- tries: how often a task failed and how often its worker vanished, kept only for tasks that did
-- either, as "attempts lost".
local function tries_get(job, no)
    local text = redis.call('HGET', base .. 'job:' .. job .. ':tries', no)
    if not text then return 0, 0 end
    local attempts, lost = string.match(text, '^(%d+) (%d+)$')
    return tonumber(attempts), tonumber(lost)
end

local function tries_set(job, no, attempts, lost)
    redis.call('HSET', base .. 'job:' .. job .. ':tries', no, attempts .. ' ' .. lost)
end
