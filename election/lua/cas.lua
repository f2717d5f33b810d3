-- cas: KEYS[1] and more are records, ARGV of each 1 if one is expected and 0 if none, the expected bytes, the new bytes, a channel;
--      behind those of a single record, channels of heirs => of each record the new bytes if they are what it is now, else
--      {present 1|0, at most 1025 bytes of it as it is now, error of the hint}, or the text of an error: an error inside of
--      an array makes some clients lose their place in the answers
-- The client formats all numbers: tostring() in Lua loses digits. A hint that fails must not undo or hide the write before it.
-- Absence has no bytes of its own, so what replaces it gets the server's time as a last field: a copy of the request that
-- arrives after the key was lost again writes other bytes, and never brings these back.

-- tell publishes to the heirs, each with its rank; who has gone is passed over. Everybody is told if there are none.
local function tell(channel, new, first)
  local heirs = 0
  for i = first, #ARGV do
    local heard = redis.pcall('PUBLISH', ARGV[i], (heirs + 1) .. ' ' .. new)
    if type(heard) == 'number' and heard > 0 then heirs = heirs + 1 end
  end
  if heirs > 0 then return nil end
  local heard = redis.pcall('PUBLISH', channel, new)
  return type(heard) == 'table' and heard.err or nil
end

local function swap(key, at)
  local bytes = redis.pcall('GETRANGE', key, 0, 1024)
  if type(bytes) == 'table' then return bytes.err end
  local present = 1
  if bytes == '' and not redis.call('GET', key) then present = 0 end
  if present ~= tonumber(ARGV[at]) or bytes ~= ARGV[at + 1] then
    if present == 1 and bytes == ARGV[at + 2] then return bytes end
    return {present, bytes, ''}
  end
  local new = ARGV[at + 2]
  if present == 0 then
    local now = redis.call('TIME')
    new = new .. ' ' .. now[1] .. '.' .. now[2]
  end
  local written = redis.pcall('SET', key, new)
  if written.err then return written.err end
  local unheard = tell(ARGV[at + 3], new, 4 * #KEYS + 1)
  if present == 1 and not unheard then return new end
  return {1, new, unheard or ''}
end

local answers = {}
for i, key in ipairs(KEYS) do answers[i] = swap(key, 4 * i - 3) end
return answers
