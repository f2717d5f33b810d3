-- look: KEYS[1] record; ARGV 1 if the identity is wanted (reserved: none is returned yet), then of each note a channel, a text
--       => {present 1|0, at most 1025 bytes of it, server time in s, in µs}
-- A note that cannot be published must not fail the look.
local bytes = redis.call('GETRANGE', KEYS[1], '0', '1024')
local present = 1
if bytes == '' and not redis.call('GET', KEYS[1]) then present = 0 end
local now = redis.call('TIME')
for i = 2, #ARGV, 2 do redis.pcall('PUBLISH', ARGV[i], ARGV[i + 1]) end
return {present, bytes, now[1], now[2]}
