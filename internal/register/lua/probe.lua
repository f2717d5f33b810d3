-- probe: KEYS[1] record => {present 1|0, at most 1025 bytes of it, server time in s, in µs, what refuses a SET, or nothing}
-- Does what a candidate must be able to do, and changes nothing: a SET that is both NX and XX is refused for its
-- syntax, but before that for a missing right.
local bytes = redis.call('GETRANGE', KEYS[1], '0', '1024')
local present = 1
if bytes == '' and not redis.call('GET', KEYS[1]) then present = 0 end
local set = redis.pcall('SET', KEYS[1], '', 'NX', 'XX')
local now = redis.call('TIME')
return {present, bytes, now[1], now[2], set and set.err or ''}
