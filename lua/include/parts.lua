-- parts: the keys of a job besides its hash; vector_names is known.
local function part_keys(key)
    local keys = { key .. ':tasks', key .. ':staged', key .. ':results', key .. ':tries',
        key .. ':twins', key .. ':epochs', key .. ':history', key .. ':workers', key .. ':dead' }
    for _, name in ipairs(vector_names) do keys[#keys + 1] = key .. ':' .. name end
    return keys
end
