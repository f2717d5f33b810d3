-- probe: KEYS[1] record => {1 if there is one, else 0, server time in s, what refuses a SET}
-- Does what a candidate must be able to do, and changes nothing: a SET that is both NX and XX is refused for its
-- syntax, but before that for a missing right.
local first = redis.call('GETRANGE', KEYS[1], 0, 0)
local set = redis.pcall('SET', KEYS[1], '', 'NX', 'XX')
return {#first, tonumber(redis.call('TIME')[1]), set and set.err or ''}
