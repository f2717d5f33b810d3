-- read: KEYS ledger; ARGV a job, or nothing => {server µs, job, entry, ...}
local now = redis.call('TIME')
local answer = {now[1] .. string.rep('0', 6 - #now[2]) .. now[2]}
if ARGV[1] then
  answer[2], answer[3] = ARGV[1], redis.call('HGET', KEYS[1], ARGV[1]) or ''
  return answer
end
for i, text in ipairs(redis.call('HGETALL', KEYS[1])) do answer[i + 1] = text end
return answer
