package main

const compare = "if present ~= tonumber(ARGV[1]) or bytes ~= ARGV[2] then return {present, bytes, ''} end"

// scripts are variants of the compare-and-set in Redis.
func scripts() []mutant {
	return onRedis(
		one("GETSET", "a compare that fails writes all the same",
			casFile, compare, "if present ~= tonumber(ARGV[1]) or bytes ~= ARGV[2] then redis.call('SET', KEYS[1], ARGV[3]) return {present, bytes, ''} end"),
		one("bare INCR", "a beat is written whoever holds the record",
			casFile, compare, "if not string.match(ARGV[3], '^1 L %d+ [1-9]') and (present ~= tonumber(ARGV[1]) or bytes ~= ARGV[2]) then return {present, bytes, ''} end"),
		one("DEL on release", "a release deletes the record",
			casFile, "redis.call('SET', KEYS[1], new)\n", "if string.match(new, '^1 V') then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], new) end\n"),
		one("compare by prefix", "the script compares the first 20 bytes",
			casFile, "or bytes ~= ARGV[2] then", "or string.sub(bytes, 1, 20) ~= string.sub(ARGV[2], 1, 20) then"),
		one("absence not compared", "a record that is there is overwritten where none was expected",
			casFile, "if present ~= tonumber(ARGV[1]) or bytes ~= ARGV[2] then", "if ARGV[1] == '1' and (present == 0 or bytes ~= ARGV[2]) then"),
	)
}

// hints are variants of what pushes may do.
func hints() []mutant {
	early := onRedis(one("published before the write", "a record is published although it may not get written",
		casFile, compare, "redis.pcall('PUBLISH', ARGV[4], ARGV[3])\n"+compare))
	return append(early, []mutant{
		one("push time stamps believed", "the wait for a pushed record counts from the last look",
			judgeFile, "	j.track(s, received, true)", "	j.track(s, j.looked, true)"),
		one("old pushes count", "a push counts although a later record is tracked",
			judgeFile, "if !j.known || !s.after(j.sign) || received", "if !j.known || received").excused("an old push only begins a wait anew, and its bytes can't be taken over"),
		one("pushes believed for ever", "pushes count although no look has confirmed them",
			judgeFile, " || received.Mono-j.looked.Mono >= j.sign.Lease {", " {").excused("what is pushed was written; only a server that publishes what it does not write could fool it"),
		one("answers beat pushes", "an answer overrules a push that came after it was asked for",
			judgeFile, "case j.known && j.heard && j.pushed.Mono > sent.Mono && j.sign.after(s):", "case false:").excused("it begins a wait anew, and the next look overrules it"),
		one("herd", "all standbys take over at the same moment",
			watcherFile, "	left += w.spread\n", "").excused("the compare lets one of them win"),
	}...)
}
