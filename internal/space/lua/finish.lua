-- finish: KEYS[1] space, KEYS[2] result; ARGV name, sid, n, the result or '' if the next one shall run again, retention in ms, the key for
--         people who wait, clock, counts => 1 if that is so now, 0 if (sid, n) does not hold the lock (any more)
-- A copy finds its own result. The lock is given up with it.
local sid, n, result = ARGV[2], ARGV[3], ARGV[4]
local was = redis.call('GET', KEYS[2])
if result ~= '' and was == result then return 1 end
--[[space]]
turn(ARGV[1])
local seat, has = seats(1, sid, n)
if seat and result ~= '' then
  redis.call('SET', KEYS[2], result, 'PX', ARGV[5])
elseif seat and was and string.match(was, '^1 S %S+ (%d+) ') == has then
  redis.call('DEL', KEYS[2])
end
if seat then free(seat) end
local list, changed = waiting()
changed = leave(list, sid, n) or changed
if seat and result ~= '' then
  for _, w in ipairs(list) do publish(w[1], '= ' .. ARGV[6]) end
  redis.call('HDEL', K, 'w:' .. name)
else
  pass(list, changed)
end
return seat and 1 or 0
