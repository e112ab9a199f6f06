-- ready: the list that tasks become ready in: while the queue is paused one that no worker reads.
local function ready_key()
    if redis.call('EXISTS', base .. 'paused') == 1 then return base .. 'parked' end
    return base .. 'ready'
end
