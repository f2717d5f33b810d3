package main

const (
	freshWrite = "fresh/lua/write.lua"
	freshRead  = "fresh/lua/read.lua"
)

// values are variants of fresh values.
func values() []mutant {
	return []mutant{
		one("value of a lower term", "a former leader replaces the value of a later term",
			freshWrite, "if later(term, ARGV[1]) then", "if false then").inTest("fresh", "TestTheScriptOfAWrite"),
		one("terms of values as numbers", "terms are compared as numbers of Lua, which are cut at 2^53",
			freshWrite+" later", "#a > #b or #a == #b and a > b", "tonumber(a) > tonumber(b)").inTest("fresh", "TestTheScriptOfAWrite"),
		one("late value of a term", "a late copy of a write replaces a later value of its term",
			freshWrite, "if term == ARGV[1] and later(made, ARGV[2]) then", "if false then").inTest("fresh", "TestTheScriptOfAWrite"),
		one("foreign value overwritten", "what is no fresh value is overwritten",
			freshWrite, "if not term then", "if false then").inTest("fresh", "TestTheScriptOfAWrite"),
		one("value without a clock", "Get does not look at the clock",
			"fresh held.alive", "return $c != nil && $c.age($now) < $c.left", "return $c != nil && $c.left > 0").inTest("fresh", "TestRedisIsAwayForLongerThanAValueLives"),
		one("value on the monotonic clock", "a copy lives on in a suspended process",
			"fresh held.age", "heartbeat.Elapsed($a, $b)", "$b.Since($a)").inTest("fresh", "TestAProcessThatStoodStill"),
		one("value trusted from the answer", "the life of a copy counts from when the answer came",
			"fresh newHeld", "sent: $a.sent", "sent: $a.received").inTest("fresh", "TestALateAnswer"),
		one("all ask for the value", "each call of a process asks Redis",
			"fresh reader.turn", "if $r.asking { $*b }", "if false { $*b }").inTest("fresh", "TestGetWaitsForTheFirstValue"),
		one("no pause between questions", "a process that finds nothing new asks again after a millisecond",
			"fresh pause", "return min($calm, max($*_))", "return min($calm, time.Millisecond)").inTest("fresh", "TestAReaderFindsTheNextValueInTime"),
		one("takeover forgets the period", "who leads next refreshes at once",
			"fresh keeper.look", "$k.dueAt = $a.received.Mono + $p - $age", "$k.dueAt = $a.received.Mono + $p - $age - $p").inTest("fresh", "TestATakeoverKeepsThePeriod"),
		one("takeover puts the refresh off", "who leads next takes the value for a new one",
			"fresh keeper.look", "$k.dueAt = $a.received.Mono + $p - $age", "$k.dueAt = $a.received.Mono + $p - 0*$age").inTest("fresh", "TestATakeoverKeepsThePeriod"),
		one("refresh without a bound", "a refresh that hangs is not told to end before the term does",
			"fresh bound", "return min(max($l/2, shortestRefresh), longestRefresh)", "return longestRefresh").inTest("fresh", "TestARefreshThatHangs"),
		one("older value in memory", "an answer that comes late brings an older value back",
			"fresh reader.keep", "if $c.alive($n) && $c.head.after($h.head) { $*b }", "if $c.alive($n) && false { $*b }").inTest("fresh", "TestAnOlderAnswerThatComesLate"),
	}
}
