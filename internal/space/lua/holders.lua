-- holders: KEYS[1] space; ARGV name, limit => of each seat that is taken its number, sid:n:term, and the bytes of the session. It writes
--          nothing: the seats of dead sessions are left out.
local fields, list = {}, {}
for seat = 0, ARGV[2] - 1 do fields[seat + 1] = 'l:' .. string.format('%.0f', seat) .. ':' .. ARGV[1] end
local values = redis.call('HMGET', KEYS[1], unpack(fields))
for i = 1, #fields do
  local sid = values[i] and string.match(values[i], '^([^:]+):%d+:%d+$')
  local bytes = sid and redis.call('HGET', KEYS[1], 's:' .. sid)
  if bytes then
    list[#list + 1] = i - 1
    list[#list + 1] = values[i]
    list[#list + 1] = bytes
  end
end
return list
