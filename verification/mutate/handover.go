package main

// handover are variants of how leadership goes from one to the next in order.
func handover() []mutant {
	scripted := onRedis(
		one("told but not written", "candidates are notified of a vacancy that is not written",
			cas+"swap", write, "if string.match($new, '^1 V') then notify(ARGV[at + 3], $new, 4 * #KEYS + 1) return $new end\n$$"),
		one("nobody else told", "if none of those to notify first receives a vacancy, nobody does",
			cas+"notify", "if $heirs > 0 then return nil end", "if $heirs > 0 or #ARGV >= first then return nil end"),
		one("the deaf have a rank", "a candidate that does not listen counts as notified",
			cas+"notify", "if type($heard) == 'number' and $heard > 0 then", "if type($heard) == 'number' then"),
	)
	return append(scripted, []mutant{
		one("hint believed", "who is notified of a vacancy leads without a compare-and-set",
			"election campaign.grant", "$answer, $err := $c.claim($ctx, $s, $next)",
			"$answer, $err := register.Observation{Contents: register.Contents{Present: true, Bytes: $next.String()}, Rec: $next}, error(nil)\nif $s.Sent != (heartbeat.Instant{}) {\n$answer, $err = $c.claim($ctx, $s, $next)\n}"),
		one("turns ignored", "who is notified second or third tries at once, too",
			"internal/succession Turn.OnVacancy", "$rank > 1", "$rank > MaxNotified"),
		one("turn without an end", "who is notified second or third waits for an hour",
			"internal/succession Turn.OnVacancy", "max(LeastTurn, $x)", "max(time.Hour, $x)"),
		one("heirs that stand back", "who is in its cool-down announces that it waits",
			"election watcher.announcement", `$w.turn.Token == "" || $_`, `$w.turn.Token == ""`),
		one("list that never forgets", "who has not been heard of for long stays on the list",
			"internal/succession Waitlist.First", "$now.Since($w.heard) <= $patience", "$patience > 0").inTest("internal/succession", "TestWaitlist"),
		one("everybody is told", "a release names nobody to notify first",
			"election session.release", "register.SwapTo($from, $to, $heirs...)", "register.SwapTo($from, $to)").inTest("election", "TestReleaseWakesOneCandidate"),
		one("last come, first told", "those who have waited for the shortest time are notified first",
			"internal/succession Waitlist.First", "cmp.Compare($a.since.Mono, $b.since.Mono)", "cmp.Compare($b.since.Mono, $a.since.Mono)").inTest("election", "TestTheLongestWaitingIsNext"),
	}...)
}

// packets are variants of how elections share what they send.
func packets() []mutant {
	return []mutant{
		one("answers of another request", "in a shared packet answers are handed out from behind",
			"internal/register Batcher.send", "$w.answer <- $replies[$i]", "$w.answer <- $replies[len($replies)-1-$i]"),
		one("answers of another beat", "in a packet of beats answers are handed out from behind",
			"election beater.deliver", "$replies[$i]", "$replies[len($replies)-1-$i]").inTest("election", "TestElectorsShareAConn"),
		several("wrong index", "the answer of a script for several records is read from behind",
			edit{"internal/register call.read", "$values[$i].(string)", "$values[len($values)-1-$i].(string)"},
			edit{"internal/register call.read", "readAnswer($values[$i], nil)", "readAnswer($values[len($values)-1-$i], nil)"}).inTest("election", "TestElectorsShareAConn"),
		one("first answer for all", "of a script for several records only the first answer is read",
			"internal/register call.read", "readAnswer($values[$i], nil)", "readAnswer($values[0], nil)").inTest("verification/linear", "TestLinearizable"),
		one("one error for all", "an error of one record is taken for that of all in the script",
			"internal/register call.read", "if $text, $ok := $values[$i].(string); $_ { $*_ } else if $_ { $*_ }",
			"for _, v := range $values {\nif $text, $ok := v.(string); $ok && $text[0] > '9' {\nreturn readAnswer(nil, TextError($text))\n}\n}\n$$").inTest("internal/register", "TestSwapsInOnePacket"),
		one("script that fails as a whole", "an error of one record ends the script for all",
			cas+"swap", "redis.pcall('GETRANGE',", "redis.call('GETRANGE',").inTest("internal/register", "TestSwapsInOnePacket"),
	}
}
