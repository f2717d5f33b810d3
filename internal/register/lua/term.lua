-- term: KEYS[1] the highest term seen, ARGV[1] our term; stands before the frame
--       => {0, the highest term} if that is above ours, {3} if the key holds no term; else it holds at least ours from now on
local function check()
  local seen = redis.pcall('GET', KEYS[1])
  if type(seen) == 'table' and not string.find(seen.err, 'WRONGTYPE', 1, true) then return seen end
  if type(seen) == 'table' or seen and not (#seen <= 16 and string.find(seen, '^%d+$')) then return {3} end
  if seen and tonumber(seen) > tonumber(ARGV[1]) then return {0, seen} end
  if seen ~= ARGV[1] then
    local raised = redis.pcall('SET', KEYS[1], ARGV[1])
    if raised.err then return raised end
  end
end
