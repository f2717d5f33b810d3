-- begin: KEYS[1] space, KEYS[2] result; ARGV name, sid, n, 1 to wait, bytes of the session if it may be made, fingerprint or -, retention in
--        ms, 1 to run again after a crash, ID, clock, counts
--        => as acquire, with one seat; or {'done', result}; {'mismatch'}; {'unknown', mark} if whoever began has died; {'made'}: the session
--        is, ask again. With the grant goes a mark: 1 S fingerprint term ID.
-- The session is made in a step of its own: a late copy of a request could else mark a result that nobody works for.
local space, sid, n, made = KEYS[1], ARGV[2], ARGV[3], ARGV[5]
local was = redis.pcall('GET', KEYS[2])
if type(was) == 'table' then
  if not string.find(was.err, 'WRONGTYPE', 1, true) then return was end
  return {'foreign', 'a key of another type'}
end
local mark
if was then
  local state, print, by = string.match(was, '^1 ([SDFT]) (%S+) (%d+) ')
  if not state then return {'foreign', string.sub(was, 1, 200)} end
  if print ~= ARGV[6] and print ~= '-' and ARGV[6] ~= '-' then return {'mismatch'} end
  if state ~= 'S' then return {'done', was} end
  mark = by
end
local is = redis.call('HMGET', space, 'e', 's:' .. sid)
if not is[1] then return {'absent'} end
if string.sub(is[1], 1, 4) ~= '1 O ' then return {'closed', is[1]} end
if not is[2] then
  if made == '' then return {'gone'} end
  local known, own = string.match(is[1], '^1 O (%d+) '), string.match(made, '^%d+ (%d+) ')
  if not known then return {'closed', is[1]} end
  if tonumber(own) > tonumber(known) then return {'short', is[1]} end
  redis.call('HSET', space, 's:' .. sid, made)
  return {'made'}
end
--[[space]]
local again = ARGV[8] == '1'
living[sid] = true
turn(ARGV[1])

-- start marks the result as begun under a term.
local function start(term)
  if mark ~= term then redis.call('SET', KEYS[2], '1 S ' .. ARGV[6] .. ' ' .. term .. ' ' .. ARGV[9], 'PX', ARGV[7]) end
  return term .. ' 0'
end

local seat, has, free = seats(1, sid, n)
if seat then
  if mark and mark ~= has and not again then return {'unknown', was} end
  return start(has)
end
if free and mark and not again then return {'unknown', was} end
local list, changed = waiting()
local filled, blocked, got = fill(list, sid, n)
changed = changed or filled
local refused
if not got and not blocked then
  local _, _, still = seats(1, sid, n)
  if still then
    got, refused = grant(still, sid, n)
    changed = leave(list, sid, n) or changed
  end
end
local place = 0
if not got and not refused and ARGV[4] == '1' then
  for i, w in ipairs(list) do if w[1] == sid and w[2] == n then place = i end end
  if place == 0 and #list < 32 then
    list[#list + 1] = {sid, n, 1}
    place, changed = #list, true
  end
end
if changed and not keep(list) then place = 0 end
if got then return start(got) end
if refused then return refused end
return {'held', place, holders(1, sid)}
