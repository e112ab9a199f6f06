-- sweep: an ended job leaves the ready list. Looks at both ends only, where its ids lie together
-- unless other jobs were split meanwhile, so that the cost does not grow with the list; ids further
-- in are dropped by the claims that meet them.
local function sweep(job)
    local ready, prefix, most = ready_key(), job .. '/', 4096
    local size = #prefix
    local front = redis.call('LRANGE', ready, 0, most - 1)
    local count = 0
    while count < #front and string.sub(front[count + 1], 1, size) == prefix do
        count = count + 1
    end
    if count > 0 then redis.call('LTRIM', ready, count, -1) end
    local back = redis.call('LRANGE', ready, -most, -1)
    count = #back
    while count > 0 and string.sub(back[count], 1, size) == prefix do
        count = count - 1
    end
    if count < #back then redis.call('LTRIM', ready, 0, count - #back - 1) end
end
