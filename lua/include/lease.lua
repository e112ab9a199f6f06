-- lease: takes the lease over what lies in a slot's held list (put there by BRPOPLPUSH, or left
-- from a claim whose reply was lost), topped up from the ready list. A hold is of one job. At most
-- `most` tasks of the submission that is `known` (its nonce), else one, so that a slot learns how
-- long its tasks take; no more than the slot's share while others may be idle; one at a time for
-- tasks that lost a worker.
-- `last` is the slot's token so far; `empty` tells that nothing is held. Returns the reply of a
-- claim; leases are written together, at the end of the script.
local leases = { claims = {}, none = {} }
local function lease(slot, known, most, last, empty)
    local held_key, ready = base .. 'held:' .. slot, base .. 'ready'
    for _ = 1, 64 do
        local held = empty and {} or redis.call('LRANGE', held_key, '0', '-1')
        empty = false
        if #held == 0 then
            local id = redis.call('RPOPLPUSH', ready, held_key)
            if not id then break end
            held = { id }
        end
        local job = string.match(held[#held], '^(.*)/%d+$')
        if not job then -- no id of a task: somebody's hand was here
            redis.call('RPOP', held_key)
            job, held = '', {}
        end
        local info = job_info(job)
        local prefix = info.prefix
        local size = #prefix
        local limit = info.claim_max
        if limit == 0 then limit = most end
        if known == '' or info.nonce ~= known then limit = 1 end
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
            local count = fresh
            for i = #next_ids, 1, -1 do
                local id = next_ids[i]
                if string.sub(id, 1, size) ~= prefix then break end
                count = count + 1
                nos[count], kept[count] = string.sub(id, size + 1), id
            end
        end
        local specs = info.live and redis.call('HMGET', info.key .. ':tasks', unpack(nos)) or {}
        -- Ids whose job has ended or whose task is folded are dropped here.
        local good, good_ids, good_nos, good_specs = 0, {}, {}, {}
        local used, lossy, lost = 0, info.lossy, 0
        for i = 1, #nos do
            if specs[i] then
                if lossy then lost = select(2, tries_get(job, nos[i])) end
                if lost > 0 and good > 0 then break end
                good = good + 1
                good_ids[good], good_nos[good], good_specs[good] = kept[i], nos[i], specs[i]
                used = i
                if lost > 0 then break end
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
            if good > 0 then redis.call('LPUSH', held_key, unpack(good_ids)) end
        end
        if good > 0 then
            for i = 1, info.doubled and good or 0 do
                local slots = redis.call('HGET', info.key .. ':twins', good_nos[i])
                if slots then
                    redis.call('HSET', info.key .. ':twins', good_nos[i], slots .. ' ' .. slot)
                end
            end
            local claim = { 0, next_token(last), job, info.type, info.params, good_nos,
                good_specs, info.task_timeout_ms, info.nonce, slot = slot }
            leases.claims[#leases.claims + 1] = claim
            return claim
        end
    end
    return { 1 }
end

-- A slot that holds nothing has no lease, also when what it held was of a job that has ended.
local function unlease(slot)
    leases.none[#leases.none + 1] = slot
end

-- The leases of this script, each under a token of its own.
local function lease_write(lease_ms)
    local claims, none = leases.claims, leases.none
    if #none > 0 then
        redis.call('ZREM', base .. 'leases', unpack(none))
        redis.call('ZREM', base .. 'since', unpack(none))
    end
    leases.claims, leases.none = {}, {}
    if #claims == 0 then return end
    -- As text: the conversion of numbers by redis.call is slow.
    local ends, since, until_ms = string.format('%d', now_ms() + lease_ms), {}, {}
    for i, claim in ipairs(claims) do
        since[2 * i - 1], since[2 * i] = claim[2], claim.slot
        until_ms[2 * i - 1], until_ms[2 * i] = ends, claim.slot
    end
    redis.call('ZADD', base .. 'leases', unpack(until_ms))
    redis.call('ZADD', base .. 'since', unpack(since))
end
