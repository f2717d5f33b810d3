-- check: KEYS[1] record, ARGV[1] term, ARGV[2] nonce, then keys and arguments of the text that stands at its place
--        => {1, what the text returns} or its error; {0} if the record is not held under that term: then nothing was done
local bytes = redis.pcall('GETRANGE', KEYS[1], '0', '1024')
if type(bytes) ~= 'string' then return {0} end
local status, term, nonce = string.match(bytes, '^1 (%u) (%d+) %d+ %d+ %S+ (%S+) ')
if (status ~= 'L' and status ~= 'D') or term ~= ARGV[1] or nonce ~= ARGV[2] then return {0} end
local keys, args = {}, {}
for i = 2, #KEYS do keys[i - 1] = KEYS[i] end
for i = 3, #ARGV do args[i - 2] = ARGV[i] end
local answer = (function(KEYS, ARGV)
--[[text]]
end)(keys, args)
if type(answer) == 'table' and answer.err then return answer end
return {1, answer}
