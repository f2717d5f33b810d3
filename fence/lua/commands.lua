-- commands: KEYS the keys of all commands, ARGV[1] their layout, then their other words. A layout is a word for each
--           command, of a letter for each of its words: k the next key, v the next value
--           => {0, the replies}; at the first error, which stops it, {number of the command, error}
local key, value, count, replies = 0, 1, 0, {}
for layout in string.gmatch(ARGV[1], '%a+') do
  local words = {}
  for i = 1, #layout do
    if string.sub(layout, i, i) == 'k' then
      key = key + 1
      words[i] = KEYS[key]
    else
      value = value + 1
      words[i] = ARGV[value]
    end
  end
  count = count + 1
  local reply = redis.pcall(unpack(words))
  if type(reply) == 'table' and reply.err then
    if string.find(reply.err, 'READONLY', 1, true) then return reply end
    return {count, reply.err}
  end
  replies[count] = reply or false
end
return {0, replies}
