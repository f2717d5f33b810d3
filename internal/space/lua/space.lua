-- space: what the scripts that can grant have in common. KEYS[1] is the hash of the space: e the epoch, t the last term, s:<sid> a
--        session, l:<seat>:<name> who holds a seat as sid:n:term, w:<name> who waits as a list of sid:n:limit. The last two ARGV are
--        the client's clock in µs, and 1 or 0 if PUBLISH counts all listeners, with the suffix of channels.
-- A script never takes back what it has published: a listener on another node has it. So whoever is granted a seat is probed first.
-- What frees something begins with HDEL, which a full server does not refuse.
local K = KEYS[1]
local exact, suffix = string.sub(ARGV[#ARGV], 1, 1) == '1', string.sub(ARGV[#ARGV], 2)
local name, seated, living = nil, {}, {}

local function turn(to) name, seated = to, {} end

local function alive(sid)
  if living[sid] == nil then living[sid] = redis.call('HEXISTS', K, 's:' .. sid) == 1 end
  return living[sid]
end

-- load reads who holds the seats below limit. What a dead session left is removed; what cannot be read stays, and is in the way.
local function load(limit)
  local fields, which = {}, {}
  for seat = 0, limit - 1 do
    if seated[seat] == nil then
      fields[#fields + 1] = 'l:' .. seat .. ':' .. name
      which[#which + 1] = seat
    end
  end
  if #fields == 0 then return end
  local values = redis.call('HMGET', K, unpack(fields))
  for i, seat in ipairs(which) do
    local value = values[i]
    local sid = value and string.match(value, '^([^:]+):%d+:%d+$')
    if sid and not alive(sid) then
      redis.call('HDEL', K, fields[i])
      value = false
    end
    seated[seat] = value
  end
end

-- seats finds the seat that (sid, n) holds below limit, with its term, and the lowest free one.
local function seats(limit, sid, n)
  load(limit)
  local own, free = sid .. ':' .. n .. ':', nil
  for seat = 0, limit - 1 do
    local value = seated[seat]
    if not value then free = free or seat
    elseif string.sub(value, 1, #own) == own then return seat, string.sub(value, #own + 1), free end
  end
  return nil, nil, free
end

-- free empties a seat.
local function free(seat)
  redis.call('HDEL', K, 'l:' .. seat .. ':' .. name)
  seated[seat] = false
end

-- waiting is who waits and lives, the longest first, and whether some are dead.
local function waiting()
  local text, list, changed = redis.call('HGET', K, 'w:' .. name), {}, false
  for sid, n, limit in string.gmatch(text or '', '([^: ]+):(%d+):(%d+)') do
    if alive(sid) then list[#list + 1] = {sid, n, tonumber(limit)} else changed = true end
  end
  return list, changed
end

local function leave(list, sid, n)
  for i, w in ipairs(list) do
    if w[1] == sid and w[2] == n then
      table.remove(list, i)
      return true
    end
  end
  return false
end

local function keep(list)
  local texts = {}
  for i, w in ipairs(list) do texts[i] = w[1] .. ':' .. w[2] .. ':' .. string.format('%.0f', w[3]) end
  if #texts == 0 then
    redis.call('HDEL', K, 'w:' .. name)
    return true
  end
  return type(redis.pcall('HSET', K, 'w:' .. name, table.concat(texts, ' '))) == 'number'
end

local function publish(sid, text)
  local heard = redis.pcall('PUBLISH', K .. ':' .. sid .. suffix, text)
  return type(heard) == 'number' and heard > 0
end

-- term is the next term: the server's time in µs, or above the last. A clock that is a day off the client's is not used.
local function term(last)
  local now = redis.call('TIME')
  local us = now[1] * 1000000 + now[2]
  if math.abs(us - ARGV[#ARGV - 1]) > 86400000000 then return nil, {'unfit', now[1]} end
  if last and us <= tonumber(last) then us = tonumber(last) + 1 end
  return string.format('%.0f', us)
end

-- grant gives a seat away and returns its term, or what to answer instead.
local function grant(seat, sid, n)
  local next, refused = term(redis.call('HGET', K, 't'))
  if not next then return nil, refused end
  local value = sid .. ':' .. n .. ':' .. next
  local written = redis.pcall('HSET', K, 't', next, 'l:' .. seat .. ':' .. name, value)
  if type(written) == 'table' and written.err then return nil, written end
  seated[seat] = value
  return next
end

-- fill passes free seats to who waits, first come, first served. Who does not listen is passed over and stays. The call (sid, n) needs no
-- probe: it asks. Returns whether the list changed, whether somebody waits whom no seat is free for, and what the call got.
local function fill(list, sid, n)
  local i, changed, got, seat = 1, false, nil, nil
  while i <= #list do
    local w = list[i]
    local asks = w[1] == sid and w[2] == n
    local has, its, free = seats(w[3], w[1], w[2])
    if not has then
      if not free then return changed, true, got, seat end
      if asks or not exact or publish(w[1], '0') then
        its = grant(free, w[1], w[2])
        if not its then return changed, true, got, seat end -- the server is full, or a clock is wrong: they ask themselves
        if not asks then publish(w[1], '! ' .. w[2] .. ' ' .. its .. ' ' .. free .. ' ' .. name) end
        has = free
      end
    end
    if has then
      if asks then got, seat = its, has end
      table.remove(list, i)
      changed = true
    else
      i = i + 1
    end
  end
  return changed, false, got, seat
end

-- pass is fill for who frees something, if the space is open.
local function pass(list, changed)
  if #list > 0 and string.sub(redis.call('HGET', K, 'e') or '', 1, 4) == '1 O ' then changed = fill(list) or changed end
  if changed then keep(list) end
end

-- holders is who has the seats below limit: the seat, sid:n:term and the bytes of the session, of each. With an asker, each of the first 16
-- is asked whether it knows of it.
local function holders(limit, asker)
  local list = {}
  for seat = 0, limit - 1 do
    local value = seated[seat]
    if value then
      local sid, n = string.match(value, '^([^:]+):(%d+):')
      list[#list + 1] = seat
      list[#list + 1] = value
      list[#list + 1] = sid and redis.call('HGET', K, 's:' .. sid) or ''
      if sid and asker and #list <= 48 then publish(sid, '? ' .. n .. ' ' .. asker .. ' ' .. name) end
    end
  end
  return list
end
