-- submitted: the story of a job begins. The first master that has it tells, or whoever ends it
-- before one has: who submits it does not wait for that.
local function tell_submitted(job, type, producer, submitted_ms)
    event('event', 'job_submitted', 'job', job, 'type', type, 'producer', producer,
        'submittedMs', submitted_ms)
end
