-- check: KEYS[1] record, ARGV[1] term, ARGV[2] nonce; stands before the frame
--        => {0, the term that the record names} if that is not held under our grant; 0 if there is no record
local function check()
  local bytes = redis.pcall('GET', KEYS[1])
  if type(bytes) == 'table' and not string.find(bytes.err, 'WRONGTYPE', 1, true) then return bytes end
  if type(bytes) ~= 'string' then return {0, '0'} end
  local status, term, nonce = string.match(bytes, '^1 (%u) (%d+) %d+ %d+ %S+ (%S+) ')
  if (status ~= 'L' and status ~= 'D') or term ~= ARGV[1] or nonce ~= ARGV[2] then return {0, term or '0'} end
end
