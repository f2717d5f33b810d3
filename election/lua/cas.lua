-- cas: KEYS[1] record, ARGV[1] 1 if a record is expected and 0 if none, ARGV[2] the expected bytes,
--      ARGV[3] the new bytes, ARGV[4] channel => {present 1|0, at most 1025 bytes of the record as it is now, error of the hint}
-- The client formats all numbers: tostring() in Lua loses digits. A hint that fails must not undo or hide the write before it.
local bytes = redis.call('GETRANGE', KEYS[1], 0, 1024)
local present = 1
if bytes == '' and not redis.call('GET', KEYS[1]) then present = 0 end
if present ~= tonumber(ARGV[1]) or bytes ~= ARGV[2] then return {present, bytes, ''} end
redis.call('SET', KEYS[1], ARGV[3])
local hint = redis.pcall('PUBLISH', ARGV[4], ARGV[3])
if type(hint) == 'table' then return {1, ARGV[3], hint.err} end
return {1, ARGV[3], ''}
