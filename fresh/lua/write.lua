-- write: KEYS[1] the value, ARGV[1] our term, ARGV[2] when ours was made, ARGV[3] the bytes
--        => {seconds, microseconds, 'done'}, or 'term' and the later term that has written, or 'made' if our own term has
--        written a later value, or 'form' if the bytes there are no value; then nothing is written
-- Numbers are compared as text: terms may be longer than what a number of Lua holds.
local now = redis.call('TIME')
local function later(a, b) return #a > #b or #a == #b and a > b end
local is = redis.call('GET', KEYS[1])
if is then
  local term, made = string.match(is, '^1 %d+ (%d+) (%d+) ')
  if not term then return {now[1], now[2], 'form'} end
  if later(term, ARGV[1]) then return {now[1], now[2], 'term', term} end
  if term == ARGV[1] and later(made, ARGV[2]) then return {now[1], now[2], 'made'} end
end
redis.call('SET', KEYS[1], ARGV[3])
return {now[1], now[2], 'done'}
