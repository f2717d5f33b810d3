-- forget: KEYS[1] space, KEYS[2] result; ARGV name => {} if nothing is known of the result any more, else who is at work: its seat,
--         sid:n:term, and the bytes of the session
local value = redis.call('HGET', KEYS[1], 'l:0:' .. ARGV[1])
local sid = value and string.match(value, '^([^:]+):%d+:%d+$')
local bytes = sid and redis.call('HGET', KEYS[1], 's:' .. sid)
if bytes then return {0, value, bytes} end
redis.call('GET', KEYS[2])
redis.call('DEL', KEYS[2])
return {}
