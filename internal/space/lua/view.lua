-- view: KEYS[1] space; ARGV the lock of the members of a set, how many seats it has, the sid of who looks, a line for the other members or '',
--       the suffix of channels, the locks of names of the set => {of each seat that is taken its number, sid:n:term, and the bytes of the
--       session; of each name the sid of who holds it, '' if nobody does, and who waits for it}
-- It writes nothing: what dead sessions hold is left out.
local K, members = KEYS[1], ARGV[1]
local sessions = {}
local function session(sid)
  if sessions[sid] == nil then sessions[sid] = redis.call('HGET', K, 's:' .. sid) end
  return sessions[sid]
end

local fields, seats = {}, {}
for seat = 0, ARGV[2] - 1 do fields[seat + 1] = 'l:' .. string.format('%.0f', seat) .. ':' .. members end
local values = redis.call('HMGET', K, unpack(fields))
for i = 1, #fields do
  local sid = values[i] and string.match(values[i], '^([^:]+):%d+:%d+$')
  if sid and session(sid) then
    seats[#seats + 1] = i - 1
    seats[#seats + 1] = values[i]
    seats[#seats + 1] = session(sid)
    if ARGV[4] ~= '' and sid ~= ARGV[3] then redis.pcall('PUBLISH', K .. ':' .. sid .. ARGV[5], ARGV[4]) end
  end
end

local names = {}
for from = 6, #ARGV, 100 do -- a call has a limit of words
  local some = {}
  for i = from, math.min(from + 99, #ARGV) do
    some[#some + 1] = 'l:0:' .. ARGV[i]
    some[#some + 1] = 'w:' .. ARGV[i]
  end
  local are = redis.call('HMGET', K, unpack(some))
  for i = 1, #some, 2 do
    local sid = are[i] and string.match(are[i], '^([^:]+):%d+:%d+$')
    names[#names + 1] = sid and session(sid) and sid or ''
    names[#names + 1] = are[i + 1] or ''
  end
end
return {seats, names}
