-- live: has a job in this state not ended? Its tasks may be claimed and handed in from its
-- submission on, before a master owns it.
local function live(state)
    return state == 'running' or state == 'submitted'
end
