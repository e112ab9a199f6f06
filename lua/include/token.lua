-- token: of a hold, the time at which it was claimed, in microseconds, which is the score of its
-- slot in `since`. Those of a slot grow, also when the clock is set back: hence the last one.
local function next_token(last)
    local now = now_us()
    last = tonumber(last)
    return string.format('%d', last < now and now or last + 1)
end
