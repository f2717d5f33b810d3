-- frame: stands behind a check and around a text. KEYS[1], ARGV[1] and ARGV[2] are the check's, the others the text's
--        => what the check answers, or {1, what the text returns}, or {2, the error of the text}
-- A client acts on errors that it knows: it sends again. The text has run, so its errors travel as text. READONLY stays an
-- error: nothing was written, and the client shall find the new master.
local refused = check()
if refused then return refused end
local keys, args = {}, {}
for i = 2, #KEYS do keys[i - 1] = KEYS[i] end
for i = 3, #ARGV do args[i - 2] = ARGV[i] end
local ran, answer = pcall(function(KEYS, ARGV)
--[[text]]
end, keys, args)
local failed
if type(answer) == 'table' then failed = answer.err end
if not ran and not failed then failed = tostring(answer) end
if not failed then return {1, answer} end
if string.find(failed, 'READONLY', 1, true) then return redis.error_reply(failed) end
return {2, failed}
