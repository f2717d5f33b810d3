package main

// trust are variants of how long a leader trusts itself.
func trust() []mutant {
	unchecked := edit{"heartbeat Timing.Validate", "case $t.busy() > $t.quiet($t.Lease):", "case false:"}
	return []mutant{
		several("trust too long", "trust is 0.75 of the lease, and nobody checks the inequality",
			edit{"heartbeat ForLease", "Trust: $lease * 3 / 5", "Trust: $lease * 3 / 4"}, unchecked),
		several("grace too long", "the grace may be half a lease longer than there is room for",
			edit{"heartbeat Timing.MaxGrace", "$x - $t.Trust - $t.Slack", "$x - $t.Trust + $t.Lease/2"}, unchecked),
		one("anchor at retry", "trust counts from the send that was answered, not from the first one",
			"election leadership.confirm", "$q.Confirm($p.first, $*rest)", "$q.Confirm($p.begun, $*rest)"),
		one("anchor at reply", "trust counts from the answer",
			"election leadership.confirm", "$q.Confirm($p.first, $now, $*rest)", "$q.Confirm($now, $now, $*rest)"),
		one("grant anchored at reply", "the trust of a grant counts from the answer",
			"election campaign.grant", "$c.elected($ctx, $rec, $first, $*rest)", "$c.elected($ctx, $rec, $c.session.clock.Now(), $*rest)"),
		one("smaller clock", "the leader believes the clock that says less",
			"heartbeat Elapsed", "max($mono, $wall)", "min($mono, $wall)"),
		one("monotonic clock only", "the leader does not look at its wall clock",
			"heartbeat Elapsed", "max($to.Mono - $from.Mono, $_)", "$to.Mono - $from.Mono"),
		several("trust owned by the call", "trust ends when a beat is answered too late, not by a clock",
			edit{"election trust.expire", "if $_ := $_; $_ { $*body }", "if false { $*body }"},
			edit{"election leadership.checkTrust", "$t.pulse.Expire($now)", "$t.pending != nil && !$t.pending.waits && $t.pulse.Expire($now)"}),
		one("context without a clock", "the work's context is ended by a timer only",
			"election workContext.Err", "$w.Settle()", ""),
		one("outer term without a clock", "work inside the work of another election looks at its own term's clock only",
			"election workContext.Settle", "$w.outer.Settle()", "").inTest("election", "TestWorkInsideOfATermWhoseTrustIsOver"),
		one("IsLeader without a clock", "IsLeader does not look at the clock",
			"election Elector.IsLeader", "$t.ctx.Err()", "$t.trust.ctx.Err()"),
		several("expiry revived", "a late answer revives trust that has ended",
			edit{"heartbeat Pulse.Confirm", "$p.Expire($_)", ""},
			edit{"election leadership.judge", "$t.checkTrust($_)", ""}).
			excused("the context that has ended stays ended; and if nobody had looked, an answer shows that the record was ours all the while"),
		one("drain ignores trust", "in a voluntary drain it does not matter whether beats are confirmed",
			"election leadership.checkOverrun", "!$t.overran.grace", "!$t.overran.grace && ($t.stopping == nil || $t.trust.reason(context.Cause($t.trust.ctx)) != ReasonCaller)"),
		one("late grant accepted", "a grant is accepted however late its answer comes",
			"election campaign.grant", "$c.tooLate($_)", "false"),
	}
}
