-- beat: KEYS[1] space; ARGV sid, the expected bytes, the new ones => the bytes of the session as they are now, '' if there is none.
--       It never makes a session.
local field = 's:' .. ARGV[1]
local bytes = redis.call('HGET', KEYS[1], field)
if bytes ~= ARGV[2] then return bytes or '' end
redis.call('HSET', KEYS[1], field, ARGV[3])
return ARGV[3]
