-- event: one line of the queue's story, in a stream of bounded length.
local function event(...)
    redis.call('XADD', base .. 'events', 'MAXLEN', '~', '10000', '*', ...)
end
