-- found: KEYS[1] space; ARGV the expected epoch, '' if none, and the new one, '' to look only => the epoch as it is now, '' if there is none
-- Absence has no bytes of its own, so what replaces it gets the server's time: bytes that were lost never come back.
local bytes = redis.call('HGET', KEYS[1], 'e')
local new = ARGV[2]
if new == '' or (bytes or '') ~= ARGV[1] then return bytes or '' end
if not bytes then
  local now = redis.call('TIME')
  new = new .. ' ' .. now[1] .. '.' .. now[2]
end
redis.call('HSET', KEYS[1], 'e', new)
return new
