-- forget: a chosen id may have been that of a job that is gone, and what is left of that goes:
-- keys that outlive its hash by a moment, and what slots still hold of it, which is no task of the
-- job that gets the id now. Their leases are lost.
local function forget(job, key)
    redis.call('UNLINK', unpack(part_keys(key)))
    redis.call('ZREM', base .. 'finished', job)
    local prefix = job .. '/'
    for _, slot in ipairs(redis.call('ZRANGE', base .. 'since', '0', '999')) do
        local held_key = base .. 'held:' .. slot
        local first = redis.call('LINDEX', held_key, '-1')
        if first and string.sub(first, 1, #prefix) == prefix then
            for _, id in ipairs(redis.call('LRANGE', held_key, '0', '-1')) do
                if string.sub(id, 1, #prefix) ~= prefix then
                    redis.call('RPUSH', ready_key(), id)
                end
            end
            redis.call('DEL', held_key)
            redis.call('ZREM', base .. 'leases', slot)
            redis.call('ZREM', base .. 'since', slot)
        end
    end
end
