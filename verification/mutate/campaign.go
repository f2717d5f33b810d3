package main

// campaign are variants of how a candidate gets elected.
func campaign() []mutant {
	return []mutant{
		one("grab from absence", "who finds no record leads at once",
			"election knowledge.onAbsence", "$_ && $_", "true"),
		one("granted from absence", "the absence of a record is waited for like a silent leader, but not marked, and granted from",
			"election campaign.do", "case actQuarantine: return nil, $c.quarantine($ctx, $seen)",
			"case actQuarantine:\nif $c.session.clock.Now().Mono-$c.leaderlessSince.Mono >= $c.cfg.Lease {\nreturn $c.grant($ctx, $seen)\n}\n$c.session.pause($ctx, $c.timing.Beat/2, nil)\nreturn nil, nil"),
		one("loss without a look", "a quarantine takes the server's time from a look before the loss that an answer has shown",
			"election campaign.swap", "if !$answer.Present { $*_ }", "").inTest("election", "TestAQuarantineTakesTheTimeOfALookAfterTheLoss"),
		one("own lease forgotten", "a quarantine is not lengthened to the candidate's own lease",
			"election campaign.knowledge", "longestLease: $c.longestLease()", "longestLease: $c.memory().longestLease()"),
		one("quarantine not waited for", "a quarantine is taken like a vacancy",
			"election decide", "case $seen.Rec.Status == record.Vacant:", "case $seen.Rec.Status == record.Vacant, $seen.Rec.Status == record.Quarantined:"),
		several("own quarantine", "a quarantine is as long as the author's own lease, and nobody lengthens it",
			edit{"election campaign.longestLease", "max($c.cfg.Lease, $_)", "$c.cfg.Lease"},
			edit{"election decide", "case $seen.Rec.Status == record.Quarantined && $_:", "case false:"}),
		one("not settled", "Lead returns without clearing up an unsettled grant",
			"election campaign.grant", "$c.resolveGrant($*_)", "_ = $c.resolveGrant"),
		one("settled by looking", "clearing up leaves the expected bytes where they are",
			"election campaign.supersede", "$seen.Contents == $expected.Contents", "false"),
		one("late grant kept", "a grant that came too late is not released",
			"election campaign.grant", "$c.releaseGrant($*_)\n$c.backOffAfterLateGrant()", "$c.backOffAfterLateGrant()").inTest("election", "TestTryLeadGrantedTooLate"),
		one("back-off without a cap", "pauses while Redis gives no answer grow to an hour",
			"election newPauses", "backoff.WithMaxInterval($_)", "backoff.WithMaxInterval(time.Hour)"),
		one("no cool-down", "who was asked to step down campaigns again at once",
			"election Elector.startCoolDown", "$e.legacy.coolDownEnds = $_", ""),
		one("looks end", "after the first look only notifications show the record",
			"election watcher.untilLook", "$t, $now := $w.timing(), $_", "if $w.now.Present {\nreturn succession.Forever\n}\n$$"),
		one("former record anyway", "what is left of a former term is released although an answer showed something else meanwhile",
			"election campaign.knowledge", "$m.mayStand($_)", "true"),
		one("former record left", "what is left of a former term is waited for",
			"election campaign.knowledge", "$m.mayStand($_)", "false").inTest("election", "TestLateBeatAfterAnOutageIsReleased"),
		one("adoption by ID", "a record with our ID counts as ours",
			"election leadership.judge", "$s.Rec.Grant() != $t.grant", "$s.Rec.Holder != $t.rec.Holder").within(250), // one run in ten has twins
	}
}

// terms are variants of the fencing token.
func terms() []mutant {
	return []mutant{
		one("term from the record only", "after a loss of memory terms begin at 1",
			"election memory.nextTerm", "$term = $m.term + 1\nif $s.Readable() { $*_ }",
			"$term = 1\nif $s.Readable() {\nreturn $s.Rec.Term + 1, false, nil\n}\nreturn 1, false, nil"),
		one("term drawn again", "a grant that is sent again has another term",
			"election campaign.claim", "$answer, $err := $c.swap($ctx, $s, $next)", "$$\n$next.Term++"),
		one("nonce reused", "all nonces are the same",
			"internal/record NewNonce", "_, _ = rand.Read($_)", "_ = rand.Read"),
	}
}
