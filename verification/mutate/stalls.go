package main

// stalls are variants of how a leader whose work hangs loses leadership, and of what follows
// failures of the work. In some runs of the simulation work hangs; who is told and what is
// logged is seen by tests of the packages.
func stalls() []mutant {
	const (
		hangs = "TestAStalledLeaderIsSucceededAlthoughItsWorkRuns"
		row   = "TestTheCoolDownDoublesWithFailures"
	)
	return []mutant{
		one("stall never judged in a storm", "work without progress leads on",
			"election leadership.mayStall", "$l.ctx.progress.limit > 0", "false"),
		one("stalled too early", "work stalls after half of the time",
			"election progress.left", "return $x - $y", "return $x/2 - $y"),
		one("hanging leader beats on in a storm", "the beats go on although the grace of hanging work is over",
			"election leadership.checkOverrun", "$l.silent = $l.isWedged()", "_ = $l.isWedged()"),
		one("stall never judged", "work without progress leads on",
			"election leadership.mayStall", "$l.ctx.progress.limit > 0", "false").inTest("election", hangs),
		one("stall by one clock", "progress is judged by the monotonic clock only",
			"election progress.left", "heartbeat.Elapsed($last, $now)", "($now.Mono - $last.Mono)").inTest("election", "TestBothClocksJudgeProgress"),
		one("drain stalls", "work that drains is judged, too",
			"election leadership.mayStall", "$l.stopping == nil", "true").inTest("election", "TestADrainIsNoStall"),
		one("stall without an end of trust", "a stall ends the context and not the trust",
			"election leadership.checkTrust", "$r == ReasonExpired || $r == ReasonStalled", "$r == ReasonExpired").inTest("election", hangs),
		one("hanging leader beats on", "the beats go on although the grace of hanging work is over",
			"election leadership.checkOverrun", "$l.silent = $l.isWedged()", "_ = $l.isWedged()").inTest("election", hangs),
		one("silent at once", "the beats stop when the work stalls, before its grace",
			"election leadership.checkStall", "$l.stalled = true", "$l.stalled, $l.silent = true, true").inTest("election", hangs),
		one("silent after an expiry no more", "work that hung through an outage keeps others out",
			"election leadership.isWedged", "($r == ReasonStalled || $r == ReasonExpired)", "$r == ReasonStalled").inTest("election", "TestHangingWorkIsSucceededAfterAnOutage"),
		one("hanging leader held", "the overrun of hanging work says that leadership is held",
			"election leadership.checkOverrun", "Overrun{Overdue: -$left}", "Overrun{Overdue: -$left, Held: $recv.stalled}").inTest("election", hangs),
		one("stalled term released", "a stalled term is released while its work runs",
			"election Elector.serve", "$err = $work($t.ctx, $t.term)",
			"stop := context.AfterFunc($t.trust.grace, func() { $1.release(context.Background(), $t.candidacy, $t.rec, $t.pulse.Anchor(), nil) })\ndefer stop()\n$$").inTest("election", hangs),
		one("no cool-down after a stall", "who stalled campaigns again at once",
			"election Elector.verdict", "errors.Is($cause, ErrStalled)", "false").inTest("election", "TestAfterAStallComesTheCoolDown"),
		one("stacks of everybody", "the log of stalled work has the stacks of all goroutines",
			"election chooseStacks", "!bytes.Contains(labelsOf($b), $label)", "len($label) == 0").inTest("election", "TestAStallShowsTheStacks"),
		one("healthy whatever the check says", "a check that fails is progress",
			"singleton checks.run", "if $c.last = $err; $err == nil { $*body }", "$c.last = $err\nelection.Progress(ctx)").inTest("singleton", "TestHealthyEndsATermWhoseCheckFails"),
		one("stuck run is progress", "a schedule reports progress although a run ignores its time-out",
			"schedule runner.advance", "$mono >= $s.run.over", "$mono < 0").inTest("schedule", "TestARunBeyondItsTimeOutStallsTheTerm"),
		one("cool-down alone", "failures do not lengthen the cool-down",
			"singleton failures.standBack", "$lengthen($f.inARow, $f.most)", "$lengthen(0, $f.most)").inTest("singleton", row),
		one("failures for good", "work that ran well does not begin the row of failures anew",
			"singleton failures.ran", "$f.inARow = 0", "").inTest("singleton", row),
		one("stall is no failure", "a stall is followed by a campaign as a loss is",
			"singleton next", "case $o.stalled():", "case false:").inTest("singleton", "TestWhatFollowsATerm"),
	}
}
