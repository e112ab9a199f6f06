-- member: is this instance (nonce) the one that is registered under the worker's id, and not
-- reaped?
local function member(worker, nonce)
    return redis.call('HGET', base .. 'worker:' .. worker, 'nonce') == nonce
        and redis.call('ZSCORE', base .. 'workers', worker) ~= false
end
