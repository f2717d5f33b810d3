package main

// Parts of the compare-and-set in Redis.
const (
	cas     = "internal/register/lua/cas.lua "
	look    = "internal/register/lua/look.lua"
	compare = "if $present ~= tonumber(ARGV[at]) or $bytes ~= ARGV[at + 1] then"
	write   = "local written = redis.pcall('SET', $key, $new)"
	applied = "if $present == 1 and $bytes == ARGV[at + 2] then return $bytes end"
)

// scripts are variants of the compare-and-set in Redis.
func scripts() []mutant {
	return onRedis(
		one("GETSET", "a compare that fails writes all the same",
			cas+"swap", compare, "$$\nredis.call('SET', key, ARGV[at + 2])"),
		one("bare INCR", "a beat is written whoever holds the record",
			cas+"swap", compare, "if not string.match(ARGV[at + 2], '^1 L %d+ [1-9]') and ($present ~= tonumber(ARGV[at]) or $bytes ~= ARGV[at + 1]) then"),
		one("DEL on release", "a release deletes the record",
			cas+"swap", write, "if string.match($new, '^1 V') then redis.call('DEL', $key) return {0, '', ''} end\n$$"),
		one("compare by prefix", "the script compares the first 16 bytes: status and term",
			cas+"swap", compare, "if $present ~= tonumber(ARGV[at]) or string.sub($bytes, 1, 16) ~= string.sub(ARGV[at + 1], 1, 16) then"),
		one("absence not compared", "a record that is there is overwritten where none was expected",
			cas+"swap", compare, "if ARGV[at] == '1' and ($present == 0 or $bytes ~= ARGV[at + 1]) then"),
		one("applied by prefix in Redis", "the script calls a request applied if term and status are what it wanted",
			cas+"swap", applied, "if $present == 1 and string.sub($bytes, 1, 16) == string.sub(ARGV[at + 2], 1, 16) then return ARGV[at + 2] end"),
	)
}

// hints are variants of what notifications may do.
func hints() []mutant {
	onServer := onRedis(
		one("published before the write", "a record is published although it may not get written",
			cas+"swap", compare, "redis.pcall('PUBLISH', ARGV[at + 3], ARGV[at + 2])\n$$"),
		one("separate PUBLISH", "a record is published beside the request that writes it, whatever becomes of that",
			"internal/register Register.send", "$all[$i] = $queue($p, $c)", "$$\nif $c.script == $recv.cas {\n$p.Publish($1, $c.args[3].(string), $c.args[2])\n}"))
	return append(onServer, []mutant{
		one("push time stamps believed", "the wait for a record that was published counts from the last look",
			"heartbeat Judge.Notify", "$j.track($beat, $_, true)", "$j.track($beat, $j.lastLook, true)"),
		one("old pushes count", "a notification counts although a later record is tracked",
			"heartbeat Judge.Notify", "!$beat.after($j.beat)", "false").excused("an old notification only begins a wait anew, and its bytes can't be taken over"),
		one("pushes believed for ever", "notifications count although no look has confirmed them",
			"heartbeat Judge.Notify", "$_.Since($j.lastLook) >= $j.beat.Lease", "false").excused("what is published was written; only a server that publishes what it does not write could fool it"),
		one("answers beat pushes", "an answer overrules a notification that came after it was asked for",
			"heartbeat Judge.Observe", "case $j.known && $j.byNotice && $_ && $j.beat.after($_):", "case false:").excused("it begins a wait anew, and the next look overrules it"),
		one("herd", "all standbys take over at the same moment",
			"election watcher.silenceEnds", "$left + $w.spread", "$left").excused("the compare lets one of them win"),
	}...)
}
