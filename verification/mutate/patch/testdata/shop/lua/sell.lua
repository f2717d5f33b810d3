-- sell: a script
local function pay(sum)
  if sum > 0 then
    redis.call('SET', KEYS[1],  sum)
  end
  return sum
end

local function sell(sum)
  return pay(sum)
end

return sell(tonumber(ARGV[1]))
