-- member: is this instance (nonce) the one that is registered under the worker's id, and not given
-- up? Who is given up loses the nonce with all else.
local function member(worker, nonce)
    return redis.call('HGET', base .. 'worker:' .. worker, 'nonce') == nonce
end
