-- ring: there is a job that no master has: one that is free is woken, and adopts all there are. One
-- ring does for any number of them.
local function ring()
    if redis.call('EXISTS', base .. 'intake') == 0 then
        redis.call('RPUSH', base .. 'intake', '1')
    end
end
