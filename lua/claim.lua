-- claim.lua: a slot takes the lease over its tasks. Purpose: what BRPOPLPUSH put into the slot's
-- held list, or a claim whose reply was lost left there, is leased with a new token, topped up
-- from the ready list.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 worker, 2 nonce, 3 slot, 4 lease_ms, 5 nonce of the submission that the slot knows ('': of
--      none), 6 most tasks of that, 7 the slot's last token (0: it had none)
-- Returns {0, token, job, type, params, {no, ...}, {spec, ...}, task_timeout_ms, nonce of the
--      submission};
--      {1} nothing to do; {7} the worker is not registered.
local base = KEYS[1]
local worker, nonce, slot, lease_ms = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
--@include live
--@include now
--@include member
--@include token
if not member(worker, nonce) then return { 7 } end
-- The usual claim of an idle slot: it holds one task, of a job that it does not know. That is the
-- whole hold, and somebody waits for it: it is leased before anything else is even set up.
local held = redis.call('LRANGE', base .. 'held:' .. slot, '0', '1')
local one, no = string.match(held[1] or '', '^(.*)/(%d+)$')
if one and not held[2] then
    local key = base .. 'job:' .. one
    local info = redis.call('HMGET', key, 'state', 'type', 'params', 'task_timeout_ms',
        'speculated', 'nonce')
    local spec = live(info[1]) and not info[5] and info[6] and info[6] ~= ARGV[5]
        and redis.call('HGET', key .. ':tasks', no)
    if spec then
        local token = next_token(ARGV[7])
        redis.call('ZADD', base .. 'leases', string.format('%d', now_ms() + lease_ms), slot)
        redis.call('ZADD', base .. 'since', token, slot)
        return { 0, token, one, info[2], info[3], { no }, { spec }, info[4] or '0', info[6] }
    end
end
--@include ready
--@include tries
--@include info
--@include lease
local claim = lease(slot, ARGV[5], tonumber(ARGV[6]), ARGV[7])
if claim[1] ~= 0 then unlease(slot) end
lease_write(lease_ms)
return claim
