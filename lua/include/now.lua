-- now: Redis' clock, in whole microseconds or milliseconds, at the first call in a script.
local clock_us
local function now_us()
    if not clock_us then
        local time = redis.call('TIME')
        clock_us = time[1] * 1000000 + time[2]
    end
    return clock_us
end

local function now_ms()
    local us = now_us()
    return (us - us % 1000) / 1000
end
