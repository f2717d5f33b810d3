-- look: KEYS[1] record => {present 1|0, at most 1025 bytes of it, server time in s, in µs}
local bytes = redis.call('GETRANGE', KEYS[1], '0', '1024')
local present = 1
if bytes == '' and not redis.call('GET', KEYS[1]) then present = 0 end
local now = redis.call('TIME')
return {present, bytes, now[1], now[2]}
