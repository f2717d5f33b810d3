package main

const (
	compare = "if present ~= tonumber(ARGV[at]) or bytes ~= ARGV[at + 1] then\n"
	write   = "local written = redis.pcall('SET', key, new)\n"
	applied = "if present == 1 and bytes == ARGV[at + 2] then return bytes end"
)

// scripts are variants of the compare-and-set in Redis.
func scripts() []mutant {
	return onRedis(
		one("GETSET", "a compare that fails writes all the same",
			casFile, compare, compare+"redis.call('SET', key, ARGV[at + 2])\n"),
		one("bare INCR", "a beat is written whoever holds the record",
			casFile, compare, "if not string.match(ARGV[at + 2], '^1 L %d+ [1-9]') and (present ~= tonumber(ARGV[at]) or bytes ~= ARGV[at + 1]) then\n"),
		one("DEL on release", "a release deletes the record",
			casFile, write, "if string.match(new, '^1 V') then redis.call('DEL', key) return {0, '', ''} end\n"+write),
		one("compare by prefix", "the script compares the first 16 bytes: status and term",
			casFile, compare, "if present ~= tonumber(ARGV[at]) or string.sub(bytes, 1, 16) ~= string.sub(ARGV[at + 1], 1, 16) then\n"),
		one("absence not compared", "a record that is there is overwritten where none was expected",
			casFile, compare, "if ARGV[at] == '1' and (present == 0 or bytes ~= ARGV[at + 1]) then\n"),
		one("applied by prefix in Redis", "the script calls a request applied if term and status are what it wanted",
			casFile, applied, "if present == 1 and string.sub(bytes, 1, 16) == string.sub(ARGV[at + 2], 1, 16) then return ARGV[at + 2] end"),
	)
}

// hints are variants of what pushes may do.
func hints() []mutant {
	onServer := onRedis(one("published before the write", "a record is published although it may not get written",
		casFile, compare, "redis.pcall('PUBLISH', ARGV[at + 3], ARGV[at + 2])\n"+compare),
		one("separate PUBLISH", "a record is published beside the request that writes it, whatever becomes of that",
			callFile, "			cmds[i] = queue(p, c)\n", "			cmds[i] = queue(p, c)\n			if c.script == r.cas { p.Publish(ctx, c.args[3].(string), c.args[2]) }\n"))
	return append(onServer, []mutant{
		one("push time stamps believed", "the wait for a pushed record counts from the last look",
			judgeFile, "	j.track(s, received, true)", "	j.track(s, j.looked, true)"),
		one("old pushes count", "a push counts although a later record is tracked",
			judgeFile, "if !j.known || !s.after(j.sign) || received", "if !j.known || received").excused("an old push only begins a wait anew, and its bytes can't be taken over"),
		one("pushes believed for ever", "pushes count although no look has confirmed them",
			judgeFile, " || received.Mono-j.looked.Mono >= j.sign.Lease {", " {").excused("what is pushed was written; only a server that publishes what it does not write could fool it"),
		one("answers beat pushes", "an answer overrules a push that came after it was asked for",
			judgeFile, "case j.known && j.heard && j.pushed.Mono > sent.Mono && j.sign.after(s):", "case false:").excused("it begins a wait anew, and the next look overrules it"),
		one("herd", "all standbys take over at the same moment",
			watcherFile, "now.Add(left + w.spread)", "now.Add(left)").excused("the compare lets one of them win"),
	}...)
}
