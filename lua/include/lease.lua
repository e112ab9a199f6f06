-- lease: takes the lease over what lies in a slot's held list (put there by BRPOPLPUSH, or left
-- from a claim whose reply was lost), topped up from the ready list. A hold is of one job. At most
-- `most` tasks when the job is `known`, else one, so that a slot learns how long its tasks take; no
-- more than the slot's share while others may be idle; one at a time for tasks that lost a worker.
-- Returns the reply of a claim.
local function lease(slot, known, most, lease_ms)
    local held_key, ready = base .. 'held:' .. slot, base .. 'ready'
    for _ = 1, 64 do
        local held = redis.call('LRANGE', held_key, 0, -1)
        if #held == 0 then
            local id = redis.call('RPOPLPUSH', ready, held_key)
            if not id then return { 1 } end
            held = { id }
        end
        local job = string.match(held[#held], '^(.*)/%d+$')
        if not job then -- no id of a task: somebody's hand was here
            redis.call('RPOP', held_key)
            job, held = '', {}
        end
        local key = base .. 'job:' .. job
        local info = redis.call('HMGET', key, 'state', 'type', 'params', 'claim_max',
            'task_timeout_ms', 'speculated')
        local prefix = job .. '/'
        local size = #prefix
        local limit = tonumber(info[4]) or 0
        if limit == 0 then limit = most end
        if job ~= known then limit = 1 end
        local nos, kept, back = {}, {}, {}
        for i = #held, 1, -1 do
            if string.sub(held[i], 1, size) == prefix and #nos < math.max(limit, 1) then
                nos[#nos + 1] = string.sub(held[i], size + 1)
                kept[#kept + 1] = held[i]
            else
                back[#back + 1] = held[i]
            end
        end
        local fresh = #nos
        if fresh < limit then
            local share = math.ceil((redis.call('LLEN', ready) + fresh)
                / math.max(redis.call('SCARD', base .. 'slots'), 1))
            limit = math.min(limit, share)
        end
        if fresh < limit then
            local next_ids = redis.call('LRANGE', ready, fresh - limit, -1)
            for i = #next_ids, 1, -1 do
                if string.sub(next_ids[i], 1, size) ~= prefix then break end
                nos[#nos + 1] = string.sub(next_ids[i], size + 1)
                kept[#kept + 1] = next_ids[i]
            end
        end
        local specs
        if live(info[1]) then
            specs = redis.call('HMGET', key .. ':tasks', unpack(nos))
        else
            specs = {}
        end
        -- Ids whose job has ended or whose task is folded are dropped here.
        local good, good_nos, good_specs = 0, {}, {}
        local single = redis.call('EXISTS', key .. ':tries') == 1
        local used = 0
        for i = 1, #nos do
            if specs[i] then
                if single then
                    local _, lost = tries_get(job, nos[i])
                    if lost > 0 and good > 0 then break end
                    good = good + 1
                    good_nos[good], good_specs[good] = nos[i], specs[i]
                    used = i
                    if lost > 0 then break end
                else
                    good = good + 1
                    good_nos[good], good_specs[good] = nos[i], specs[i]
                    used = i
                end
            else
                used = i
                kept[i] = false
            end
        end
        local taken = math.max(used - fresh, 0)
        if taken > 0 then redis.call('RPOP', ready, taken) end
        for i = used + 1, fresh do back[#back + 1] = kept[i] end
        if #back > 0 then redis.call('RPUSH', ready_key(), unpack(back)) end
        if not (good == #held and taken == 0 and #back == 0) then
            redis.call('DEL', held_key)
            if good > 0 then
                local ids = {}
                for i = 1, good do ids[i] = prefix .. good_nos[i] end
                redis.call('LPUSH', held_key, unpack(ids))
            end
        end
        if good > 0 then
            local token = redis.call('INCR', base .. 'token')
            local now = now_ms()
            redis.call('ZADD', base .. 'leases', now + lease_ms, slot)
            redis.call('ZADD', base .. 'since', now, slot)
            redis.call('HSET', base .. 'tokens', slot, token)
            for i = 1, info[6] and good or 0 do
                local slots = redis.call('HGET', key .. ':twins', good_nos[i])
                if slots then
                    redis.call('HSET', key .. ':twins', good_nos[i], slots .. ' ' .. slot)
                end
            end
            return { 0, token, job, info[2], info[3], good_nos, good_specs, info[5] or '0' }
        end
    end
    return { 1 }
end

-- A slot that holds nothing has no lease, also when what it held was of a job that has ended.
local function unlease(slot)
    redis.call('ZREM', base .. 'leases', slot)
    redis.call('ZREM', base .. 'since', slot)
    redis.call('HDEL', base .. 'tokens', slot)
end
