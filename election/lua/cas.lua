-- cas: KEYS[1] record, ARGV[1] 1 if a record is expected and 0 if none, ARGV[2] the expected bytes,
--      ARGV[3] the new bytes, ARGV[4] channel, ARGV[5...] channels of heirs => {present 1|0, at most 1025 bytes of the record as it is now, error of the hint}
-- The client formats all numbers: tostring() in Lua loses digits. A hint that fails must not undo or hide the write before it.
-- Absence has no bytes of its own, so what replaces it gets the server's time as a last field: a copy of the request that
-- arrives after the key was lost again writes other bytes, and never brings these back.
local bytes = redis.call('GETRANGE', KEYS[1], 0, 1024)
local present = 1
if bytes == '' and not redis.call('GET', KEYS[1]) then present = 0 end
if present ~= tonumber(ARGV[1]) or bytes ~= ARGV[2] then return {present, bytes, ''} end
local new = ARGV[3]
if present == 0 then
  local now = redis.call('TIME')
  new = new .. ' ' .. now[1] .. '.' .. now[2]
end
redis.call('SET', KEYS[1], new)
local heirs = 0
for i = 5, #ARGV do -- each hears its rank; who has gone is passed over
  local heard = redis.pcall('PUBLISH', ARGV[i], (heirs + 1) .. ' ' .. new)
  if type(heard) == 'number' and heard > 0 then heirs = heirs + 1 end
end
if heirs > 0 then return {1, new, ''} end
local hint = redis.pcall('PUBLISH', ARGV[4], new)
if type(hint) == 'table' then return {1, new, hint.err} end
return {1, new, ''}
