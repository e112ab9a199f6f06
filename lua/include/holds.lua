-- holds: is this the present token of the slot? As a number: servers differ in how they write one.
local function holds_under(slot, token)
    local since = redis.call('ZSCORE', base .. 'since', slot)
    return since and tonumber(since) == tonumber(token)
end
