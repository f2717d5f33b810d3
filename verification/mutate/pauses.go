package main

// pauses are variants of how an election is held back, and of how beats tell who wrote them.
func pauses() []mutant {
	return []mutant{
		one("strangers write even beats", "who asks for a step-down or changes a pause counts as the leader does",
			"internal/record Record.Steered", "1+$r.Beat&1", "2+$r.Beat&1"),
		one("leaders write odd beats", "a leader counts as those do who change its record",
			"internal/record Record.Beaten", "2+$r.Beat&1", "1+$r.Beat&1"),
		one("pause dropped by a takeover", "whoever is elected leaves the pause out",
			"election campaign.pauseBefore", "$p := $seen.Rec.Pause()", "$p := record.Pause{}"),
		one("pause lost with the data", "whoever marks an absence does not put back the pause that it knows of",
			"election campaign.pauseBefore", "$p = $c.memory().lastPause()", ""),
		one("pause ignored", "whoever is elected in a pause works at once",
			"election newHold", "!$p.Paused", "true"),
		one("pause ends by the wall clock", "who holds a pause believes its own wall clock",
			"election session.watchPause", "$p.IsOver($seen.Server)", "$p.IsOver(time.Unix(0, int64($seen.Received.Wall)))"),
		one("another pause removed", "when the time of a pause has come the leader removes also another that came meanwhile",
			"election leadership.nextBeat", "$l.rec.Pause() == $h.over", "$l.rec.IsPaused()"),
		one("work paused by its record", "a pause is written on the record of a leader that works, which is not asked to step down",
			"election wantPause", "$r.Status == record.Led && $r.IsPaused()", "$r.Status == record.Led"),
		one("dead drain cleared at once", "who pauses or resumes does not wait for the lease of a leader that drains",
			"election Elector.awaitDrained", "_, $waiting := $w.untilSilent($*_)", "$waiting := false").inTest("election", "TestResumeOverADeadDrain"),
		one("drain paused", "a pause is written over a drain",
			"election wantPause", "case $r.Status == record.Draining:", "case false:"),
		one("told before the pause ends", "whoever is elected in a pause is told at once that it is",
			"election campaign.elected", "if $t.hold == nil {\n$*rest\n}", "c.report(ev)\nif $t.hold == nil {\nreturn $t\n}"),
		one("end of a hold told as an end of a term", "a term that ends before its work began is revoked",
			"election leadership.reportEnd", "$ev.Kind = KindResumed", ""),
		one("resume not seen", "a leader does not go on with a record in which somebody has changed the pause",
			"election leadership.judge", "$s.Rec.IsSteered() && $_", "false").inTest("election", "TestResumeBeginsTheWorkAtOnce"),
		one("single attempt in a pause", "TryLead takes an election that is paused",
			"election campaign.judgeAttempt", "!$c.watch.clocks.over($p)", "false").inTest("election", "TestTryLeadInAPause"),
		one("clock a day off believed", "who holds a pause believes any clock of Redis",
			"election session.watchPause", "$clocks.check() != nil", "false").inTest("election", "TestPauseByTheClockOfRedis"),
	}
}
