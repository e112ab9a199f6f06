-- release: everything that a slot holds goes back to the front of the ready list, and its lease
-- ends. With lost = true the worker vanished: that is counted apart from reported errors, and a
-- task that was alone in the slot when it happened too often is given up as poison. Tasks that were
-- not alone are only marked, which makes the next claims take them one at a time.
local function release(slot, worker, lost, reason)
    local held = redis.call('LRANGE', base .. 'held:' .. slot, 0, -1)
    redis.call('ZREM', base .. 'leases', slot)
    redis.call('ZREM', base .. 'since', slot)
    if #held == 0 then return 0 end
    redis.call('DEL', base .. 'held:' .. slot)
    local moved, jobs = 0, {}
    for _, id in ipairs(held) do
        local job, no = string.match(id, '^(.*)/(%d+)$')
        local key = base .. 'job:' .. (job or '')
        if job and live(redis.call('HGET', key, 'state'))
            and redis.call('HEXISTS', key .. ':tasks', no) == 1
            and redis.call('HEXISTS', key .. ':results', no) == 0
            and not twin_leave(job, no, slot) then
            local poison = false
            if lost then
                local attempts, count = tries_get(job, no)
                if #held == 1 then count = count + 1 else count = math.max(count, 1) end
                tries_set(job, no, attempts, count)
                local most = tonumber(redis.call('HGET', key, 'max_lost') or 5)
                poison = #held == 1 and count >= most
                if poison then
                    bury(job, no, 'lost_workers', 'task ' .. id .. ' lost ' .. count
                        .. ' workers in a row, the last one was ' .. worker
                        .. '; look at that worker\'s log', worker, attempts, count)
                end
                jobs[job] = (jobs[job] or 0) + 1
            end
            if not poison then
                redis.call('RPUSH', ready_key(), id)
                moved = moved + 1
            end
        end
    end
    for job, count in pairs(jobs) do
        redis.call('HINCRBY', base .. 'job:' .. job, 'reclaimed', count)
        event('event', 'reclaimed', 'job', job, 'tasks', count, 'first', held[#held], 'slot', slot,
            'reason', reason)
    end
    return moved
end
