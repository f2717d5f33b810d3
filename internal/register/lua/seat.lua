-- seat: KEYS[1] a space of locks, ARGV[1] the field of a seat, ARGV[2] who must hold it, sid:n:term; stands before the frame
--       => {0, the term of who holds it, 0 if nobody does} if that is another, or its session is gone
local function check()
  local value = redis.pcall('HGET', KEYS[1], ARGV[1])
  if type(value) == 'table' and not string.find(value.err, 'WRONGTYPE', 1, true) then return value end
  if type(value) ~= 'string' then return {0, '0'} end
  local sid, term = string.match(value, '^([^:]+):%d+:(%d+)$')
  if value ~= ARGV[2] or redis.call('HEXISTS', KEYS[1], 's:' .. sid) == 0 then return {0, term or '0'} end
end
