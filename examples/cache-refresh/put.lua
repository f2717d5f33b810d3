-- put: KEYS[1] entry, KEYS[2] latest term, ARGV[1] term, ARGV[2] entry, ARGV[3] its time to live in ms => 1 written, 0 refused
-- Terms are compared as texts, by length and then by characters: as numbers of Lua they could lose digits. The latest
-- term has no time to live, so it outlives the entry.
local mine, latest = ARGV[1], redis.call('GET', KEYS[2]) or ''
if #mine < #latest or (#mine == #latest and mine < latest) then return 0 end
redis.call('SET', KEYS[2], mine)
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
