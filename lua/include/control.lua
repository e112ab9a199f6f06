-- control: workers that compute for a job are told that it is over. The nonce says which submission
-- is meant: another may have the id by the time they read it.
local function tell_cancel(job, nonce)
    redis.call('XADD', base .. 'control', 'MAXLEN', '~', '1000', '*', 'cancel', job, 'nonce',
        nonce or '')
end
