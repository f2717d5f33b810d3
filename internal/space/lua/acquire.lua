-- acquire: KEYS[1] space; ARGV name, sid, n, limit, 1 to wait, bytes of the session if it may be made, clock, counts
--          => 'term seat' if granted, with the epoch's lease if the session was made; {'held', place in the queue or 0, who is in the way}; {'absent'}; {'closed', e}; {'short', e} if
--          the epoch's lease is shorter than the session's; {'gone'} if the session is; {'unfit', the server's s}
local space, sid, n, made = KEYS[1], ARGV[2], ARGV[3], ARGV[6]
local is = redis.call('HMGET', space, 'e', 's:' .. sid, 'l:0:' .. ARGV[1], 'w:' .. ARGV[1], 't')
local lease = ''
if not is[1] then return {'absent'} end
if string.sub(is[1], 1, 4) ~= '1 O ' then return {'closed', is[1]} end
if not is[2] then
  if made == '' then return {'gone'} end
  local known, own = string.match(is[1], '^1 O (%d+) '), string.match(made, '^%d+ (%d+) ')
  if not known then return {'closed', is[1]} end
  if tonumber(own) > tonumber(known) then return {'short', is[1]} end
  lease = ' ' .. known
end
if ARGV[4] == '1' and not is[3] and not is[4] then -- nobody has it, and nobody waits
  local now = redis.call('TIME')
  local us = now[1] * 1000000 + now[2]
  if math.abs(us - ARGV[7]) > 86400000000 then return {'unfit', now[1]} end
  if is[5] and us <= tonumber(is[5]) then us = tonumber(is[5]) + 1 end
  local term = string.format('%.0f', us)
  local value = sid .. ':' .. n .. ':' .. term
  if is[2] then redis.call('HSET', space, 't', term, 'l:0:' .. ARGV[1], value)
  else redis.call('HSET', space, 't', term, 'l:0:' .. ARGV[1], value, 's:' .. sid, made) end
  return term .. ' 0' .. lease
end
--[[space]]
local limit, waits = tonumber(ARGV[4]), ARGV[5] == '1'
local function make()
  if not is[2] then redis.call('HSET', K, 's:' .. sid, made) end
  is[2] = made
end
living[sid] = true
turn(ARGV[1])
local seat, has = seats(limit, sid, n)
if seat then return has .. ' ' .. seat end
if waits then make() end
local list, changed = waiting()
local filled, blocked, got, at = fill(list, sid, n)
changed = changed or filled
local refused
if not got and not blocked then
  local _, _, free = seats(limit, sid, n)
  if free then
    make()
    got, refused = grant(free, sid, n)
    at = free
    changed = leave(list, sid, n) or changed
  end
end
local place = 0
if not got and not refused and waits then
  for i, w in ipairs(list) do if w[1] == sid and w[2] == n then place = i end end
  if place == 0 and #list < 32 then
    list[#list + 1] = {sid, n, limit}
    place, changed = #list, true
  end
end
if changed and not keep(list) then place = 0 end
if got then return got .. ' ' .. at .. lease end
if refused then return refused end
return {'held', place, holders(limit, sid)}
