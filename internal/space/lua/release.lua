-- release: KEYS[1] space; ARGV name, sid, n, limit, clock, counts => 1 if (sid, n) held a seat below limit, else 0; it neither holds nor
--          waits any more. The seat passes to who waits longest.
local sid, n = ARGV[2], ARGV[3]
if ARGV[4] == '1' then
  local field = 'l:0:' .. ARGV[1]
  local is = redis.call('HMGET', KEYS[1], field, 'w:' .. ARGV[1])
  if not is[2] then
    local own = sid .. ':' .. n .. ':'
    if not is[1] or string.sub(is[1], 1, #own) ~= own then return 0 end
    redis.call('HDEL', KEYS[1], field)
    return 1
  end
end
--[[space]]
turn(ARGV[1])
local seat = seats(tonumber(ARGV[4]), sid, n)
if seat then free(seat) end
local list, changed = waiting()
changed = leave(list, sid, n) or changed
pass(list, changed)
return seat and 1 or 0
