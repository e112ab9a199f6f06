-- beat.lua: a worker process is alive, and these slots of it get on. Purpose: renews the process'
-- presence and the leases whose token is still the present one.
-- KEYS 1: dtq:{queue}:
-- ARGV 1 worker, 2 nonce, 3 presence_ms, 4 lease_ms, 5 count of names and values for the worker's
--      hash, these, then (slot, token, job, nonce of its submission, '1' renew or '0' only ask) for
--      each busy slot
-- Returns {0, {answer, ...}}: 0 the lease holds, 2 it is lost, 3 the job has ended, also when
--      another has its id now;
--      {7} not registered.
local base = KEYS[1]
local worker, nonce, presence_ms, lease_ms = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
--@include live
--@include now
--@include member
--@include holds
-- Both are looked at: the worker registers anew where Redis has lost one of them.
if not member(worker, nonce) or not redis.call('ZSCORE', base .. 'workers', worker) then
    return { 7 }
end
local now = now_ms()
local size = tonumber(ARGV[5])
redis.call('ZADD', base .. 'workers', now + presence_ms, worker)
if size > 0 then redis.call('HSET', base .. 'worker:' .. worker, unpack(ARGV, 6, 5 + size)) end
local answers = {}
for i = 6 + size, #ARGV, 5 do
    local slot, token, job, renew = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 4]
    local answer = 2
    if holds_under(slot, token) then
        local info = redis.call('HMGET', base .. 'job:' .. job, 'state', 'nonce')
        answer = live(info[1]) and info[2] == ARGV[i + 3] and 0 or 3
        if renew == '1' then redis.call('ZADD', base .. 'leases', now + lease_ms, slot) end
    end
    answers[#answers + 1] = answer
end
return { 0, answers }
