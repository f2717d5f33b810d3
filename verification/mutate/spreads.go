package main

// spreads are variants of sets that processes spread evenly.
func spreads() []mutant {
	const assigns, decides, looks = "internal/balance assignment.room", "lock standing.decide", "lock spread.look"
	const leaves, tells = "lock spread.leave", "$c.session.link.beating.View(context.Background(), $b.set, $c.session.sid, true, nil)"
	return []mutant{
		one("bound forgotten", "a member may have any number of names",
			assigns, "$a.load[$m] < $a.share || $a.load[$m] == $a.share && $a.over > 0", "true").inTest("internal/balance", "TestMembersJoinDieAndAreReplaced"),
		one("moves what fits", "names are assigned as if nobody had one",
			"internal/balance Assign", "if $h != Nobody { $kept = append($kept, $a.pair($i, $h)) }", "_, _ = $i, $h").inTest("internal/balance", "TestProperties"),
		one("stops before the taker waits", "work ends although who shall have the name does not wait for it yet",
			decides, "!$s.mine && $s.awaited", "!$s.mine").inTest("lock", "TestSpreadGoesOnUntilSomebodyWaits"),
		one("nobody's name is nobody's", "a name whose target does not know it stays vacant",
			decides, "$s.mine || $s.vacant >= $s.lease && $s.room || $s.vacant >= 2*$s.lease", "$s.mine").inTest("lock", "TestSpreadOfANameThatTheTargetDoesNotKnow"),
		one("waits for what another shall have", "a member waits for a name on and on, whoever shall have it now",
			decides, "$s.asks && !$wanted", "false").inTest("lock", "TestDecideAboutAName"),
		one("dead member counted", "a member that is silent is a member for ever",
			"lock spread.judge", "$m.Holder.SID == $c.session.sid", "true").inTest("lock", "TestSpreadAfterACrash"),
		one("asks under another session", "a process asks for names under another session than the one that it is a member under",
			looks, "!$s.begins($t)", "false").inTest("lock", "TestSpreadOfAProcessWithTwoSessions"),
		one("leaves after its works", "a process that ends is a member until its works have returned",
			leaves, "_ = $c.finish(nil)\n_, _ = "+tells, "$b.parts.Wait()\n$$").inTest("lock", "TestSpreadPassesOnWhatALeavingProcessHas"),
		one("leaves in silence", "a process that ends does not tell the others",
			leaves, tells, "$c.session.link.beating.View(context.Background(), $b.set, $c.session.sid, false, nil)").inTest("lock", "TestSpreadOfAProcessThatEndsAtOnce"),
		one("nobody looks who is asked", "a member that is asked for a name does not look",
			"lock Space.lookWhoAsks", "$b.holds($lock)", "false").inTest("lock", "TestSpread"),
		one("the dead hold names", "a view shows what a dead session holds",
			spaceLua+"view.lua", "$sid and session($sid) and $sid or ''", "$sid or ''").inTest("internal/space", "TestAViewShowsTheLivingOfASet"),
	}
}
