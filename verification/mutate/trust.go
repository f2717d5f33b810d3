package main

// trust are variants of how long a leader trusts itself.
func trust() []mutant {
	return []mutant{
		{name: "trust too long", what: "trust is 0.75 of the lease, and nobody checks the inequality", edits: []edit{
			{timingFile, "Trust:   lease * 3 / 5,", "Trust:   lease * 3 / 4,"},
			{timingFile, "case t.busy() > t.quiet(t.Lease):", "case false:"},
		}},
		{name: "grace too long", what: "the grace may be half a lease longer than there is room for", edits: []edit{
			{timingFile, "- t.Trust - t.Slack", "- t.Trust + t.Lease/2"},
			{timingFile, "case t.busy() > t.quiet(t.Lease):", "case false:"},
		}},
		one("anchor at retry", "trust counts from the send that was answered, not from the first one",
			verdictFile, "t.pulse.Confirm(p.first, now,", "t.pulse.Confirm(p.begun, now,"),
		one("anchor at reply", "trust counts from the answer",
			verdictFile, "t.pulse.Confirm(p.first, now,", "t.pulse.Confirm(now, now,"),
		one("grant anchored at reply", "the trust of a grant counts from the answer",
			grantFile, "return c.elected(ctx, answer.Rec, first, why), nil", "return c.elected(ctx, answer.Rec, c.session.clock.Now(), why), nil"),
		one("smaller clock", "the leader believes the clock that says less",
			instantFile, "return max(to.Mono-from.Mono, to.Wall-from.Wall)", "return min(to.Mono-from.Mono, to.Wall-from.Wall)"),
		one("monotonic clock only", "the leader does not look at its wall clock",
			instantFile, "return max(to.Mono-from.Mono, to.Wall-from.Wall)", "return to.Mono - from.Mono"),
		{name: "trust owned by the call", what: "trust ends when a beat is answered too late, not by a clock", edits: []edit{
			{tenureFile, "if t.inner.Err() == nil && t.trustLeft() <= 0 {", "if false {"},
			{tenureFile, "	if t.pulse.Expire(now) {", "	if t.pending != nil && !t.pending.inFlight && t.pulse.Expire(now) {"},
		}},
		one("context without a clock", "the work's context is ended by a timer only",
			termFile, "func (w *workContext) Err() error {\n	w.settle()", "func (w *workContext) Err() error {"),
		one("outer term without a clock", "work inside the work of another election looks at its own term's clock only",
			termFile, "	if w.outer != nil {\n		w.outer.settle()\n	}\n", "").inTest("TestWorkInsideOfATermWhoseTrustIsOver"),
		one("IsLeader without a clock", "IsLeader does not look at the clock",
			electionFile, "return t != nil && t.ctx.Err() == nil", "return t != nil && t.inner.Err() == nil"),
		{name: "expiry revived", what: "a late answer revives trust that has ended", edits: []edit{
			{pulseFile, "	p.Expire(now)\n", ""},
			{verdictFile, "	now := t.clock.Now()\n	t.checkTrust(now)\n	switch", "	now := t.clock.Now()\n	switch"},
		}, harmless: "the context that has ended stays ended; and if nobody had looked, an answer shows that the record was ours all the while"},
		one("drain ignores trust", "in a voluntary drain it does not matter whether beats are confirmed",
			tenureFile, "; left+t.leeway <= 0 && !t.overran.late {", "; left+t.leeway <= 0 && !t.overran.late && (t.stopping == nil || t.reason(context.Cause(t.inner)) != ReasonCaller) {"),
		one("late grant accepted", "a grant is accepted however late its answer comes",
			grantFile, "answer.Rec.Beat != next.Beat || c.tooLate(first)", "answer.Rec.Beat != next.Beat"),
	}
}
