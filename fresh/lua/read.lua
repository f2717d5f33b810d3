-- read: KEYS[1] the value, ARGV[1] how the bytes begin that the reader knows, or ''
--       => {seconds, microseconds} if there is no value, else with its bytes; '' if they begin so
local now = redis.call('TIME')
local is = redis.call('GET', KEYS[1])
if not is then return now end
if ARGV[1] ~= '' and string.sub(is, 1, #ARGV[1]) == ARGV[1] then is = '' end
return {now[1], now[2], is}
