-- reap: KEYS[1] space; ARGV sid, the expected bytes => '' if there is no such session (any more), else its bytes
local field = 's:' .. ARGV[1]
local bytes = redis.call('HGET', KEYS[1], field)
if bytes ~= ARGV[2] then return bytes or '' end
redis.call('HDEL', KEYS[1], field)
return ''
