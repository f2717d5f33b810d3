-- ledger: KEYS ledger, history of the job; ARGV 1 job, 2 expected entry ('' none), 3 new entry ('' remove both), 4 not before
--         (server ms), 5 history line ('' none), 6 lines kept, 7 channel
--         => {done|other|early|full, entry as it is now, server µs, why the line was not kept}
-- Seconds and microseconds of the server are text and stay so: a number would be written with 14 digits.
local is = redis.call('HGET', KEYS[1], ARGV[1]) or ''
local now = redis.call('TIME')
local us = now[1] .. string.rep('0', 6 - #now[2]) .. now[2]
if is == ARGV[3] then return {'done', is, us, ''} end -- a copy, or its answer was lost
if is ~= ARGV[2] then return {'other', is, us, ''} end
if tonumber(us) < tonumber(ARGV[4]) * 1000 then return {'early', is, us, ''} end
if is == '' and redis.call('HLEN', KEYS[1]) >= 1000 then return {'full', is, us, ''} end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.pcall('DEL', KEYS[2])
  return {'done', '', us, ''}
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) -- the only write that matters: what follows cannot undo it
local lost = ''
if ARGV[5] ~= '' then
  local pushed = redis.pcall('LPUSH', KEYS[2], ARGV[5])
  if type(pushed) == 'table' and pushed.err then lost = pushed.err end
  redis.pcall('LTRIM', KEYS[2], 0, ARGV[6] - 1)
end
redis.pcall('PUBLISH', ARGV[7], 'ledger ' .. ARGV[1] .. ' ' .. ARGV[3])
return {'done', ARGV[3], us, lost}
