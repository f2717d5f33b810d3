-- cleanup: KEYS[1] space; ARGV cursor, how many fields, sid, clock, counts => {the next cursor, sessions met as sid and bytes, locks of
--          this session as seat, name, n; the epoch}. What dead sessions hold of the locks that it meets is removed, and passed on.
local epoch = redis.call('HGET', KEYS[1], 'e') or ''
if string.sub(epoch, 1, 4) ~= '1 O ' then return {'0', {}, {}, epoch} end
local step = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
--[[space]]
local sessions, own, met = {}, {}, {}
for i = 1, #step[2], 2 do
  local field, value = step[2][i], step[2][i + 1]
  local kind, rest = string.sub(field, 1, 2), string.sub(field, 3)
  if kind == 's:' then
    sessions[#sessions + 1] = rest
    sessions[#sessions + 1] = value
  elseif kind == 'w:' then
    met[rest] = met[rest] or 1
  elseif kind == 'l:' then
    local seat, of = string.match(rest, '^(%d+):(.+)$')
    local sid, n = string.match(value, '^([^:]+):(%d+):%d+$')
    if seat then met[of] = math.max(met[of] or 1, seat + 1) end
    if seat and sid == ARGV[3] then
      own[#own + 1] = seat
      own[#own + 1] = of
      own[#own + 1] = n
    end
  end
end
for of, limit in pairs(met) do
  turn(of)
  load(limit)
  pass(waiting())
end
return {step[1], sessions, own, epoch}
