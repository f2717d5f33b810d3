package main

// campaign are variants of how a candidate gets the office.
func campaign() []mutant {
	return []mutant{
		one("grab from absence", "an absent office is taken at once",
			decideFile, "	if k.bootstrap == BootstrapImmediate && !k.everSeen {", "	if true {"),
		one("granted from absence", "an absent office is waited for like a silent leader's, but not marked, and taken from absence",
			campaignFile, "	case actQuarantine:\n",
			"	case actQuarantine:\n		if c.session.clock.Now().Since(*c.leaderlessSince) >= c.cfg.Lease {\n			return c.grant(ctx, seen)\n		}\n		c.session.pause(ctx, c.timing.Beat/2, nil)\n		return nil, nil\n"),
		one("own lease forgotten", "a quarantine is not lengthened to the candidate's own lease",
			campaignFile, "longestLease: c.longestLease(),", "longestLease: c.memory.longestLease(),"),
		one("quarantine not waited for", "a quarantine is taken like a vacancy",
			decideFile, "	case seen.Rec.Status == record.Vacant:", "	case seen.Rec.Status == record.Vacant, seen.Rec.Status == record.Quarantined:"),
		{name: "own quarantine", what: "a quarantine is as long as the author's own lease, and nobody lengthens it", edits: []edit{
			{campaignFile, "{ return max(c.cfg.Lease, c.memory.longestLease()) }", "{ return c.cfg.Lease }"},
			{decideFile, "case seen.Rec.Status == record.Quarantined && seen.Rec.Lease < k.longestLease:", "case false:"},
		}},
		one("not settled", "Lead returns without clearing up an unsettled grant",
			grantFile, "c.resolveGrant(ctx, seen, next, first)", "_ = c.resolveGrant"),
		one("settled by looking", "clearing up leaves the expected bytes where they are",
			resolveFile, "if err == nil && seen.Contents == expected.Contents {", "if false {"),
		one("late grant kept", "a grant that came too late is not released",
			grantFile, "		c.releaseGrant(context.WithoutCancel(ctx), answer.Rec, first)\n		c.backOffAfterLateGrant()", "		c.backOffAfterLateGrant()"),
		one("back-off without a cap", "pauses while Redis gives no answer grow to an hour",
			pausesFile, "backoff.WithMaxInterval(max(t.Beat, 500*time.Millisecond)),", "backoff.WithMaxInterval(time.Hour),"),
		one("no cool-down", "who was asked to step down campaigns again at once",
			leadFile, "{ e.legacy.coolDownEnds = e.clock.Now().Add(e.cfg.CoolDown) }", "{}"),
		one("looks end", "after the first look only pushes tell of the record",
			watcherFile, "func (w *watcher) untilLook(now heartbeat.Instant) time.Duration {\n", "func (w *watcher) untilLook(now heartbeat.Instant) time.Duration {\n	if w.now.Present {\n		return succession.Forever\n	}\n"),
		one("former record anyway", "what is left of a former term is released although an answer showed something else meanwhile",
			campaignFile, "	if c.memory.mayStand(c.legacy.former) {", "	if true {"),
		one("former record left", "what is left of a former term is waited for",
			decideFile, "	case seen.Rec.Held() && seen.Rec.Grant() == k.former:", "	case false:").inTest("TestLateBeatAfterAnOutageIsReleased"),
		one("adoption by ID", "a record with our ID counts as ours",
			verdictFile, "case !s.Readable() || s.Rec.Grant() != t.owner || !s.Rec.Held()", "case !s.Readable() || s.Rec.Holder != t.rec.Holder || !s.Rec.Held()").within(250), // one run in ten has twins
	}
}

// terms are variants of the fencing token.
func terms() []mutant {
	return []mutant{
		one("term from the record only", "after a loss of memory terms begin at 1",
			memoryFile, "	term = m.term + 1\n	if s.Readable() {\n		term = max(term, s.Rec.Term+1)\n	}",
			"	term = 1\n	if s.Readable() {\n		return s.Rec.Term + 1, false, nil\n	}\n	return 1, false, nil"),
		one("term drawn again", "a grant that is sent again has another term",
			grantFile, "		answer, err := c.swap(ctx, seen, next)\n", "		answer, err := c.swap(ctx, seen, next)\n		next.Term++\n"),
		one("nonce reused", "all nonces are the same",
			recordFile, "	b := make([]byte, 12)\n	_, _ = rand.Read(b) // never fails, see its documentation", "	b := make([]byte, 12)\n	_ = rand.Read"),
	}
}
