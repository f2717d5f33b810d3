package main

// judge are variants of how others wait.
func judge() []mutant {
	return []mutant{
		one("judge on the larger clock", "a wall clock that is set forward ends the wait",
			"heartbeat Judge.Silent", "$now.Since($j.since)", "Elapsed($j.since, $now)"),
		one("lease of the judge", "the wait is as long as the judge's own lease",
			"election watcher.silenceEnds", "$left + $w.spread", "$left + $w.spread + $w.candidacy.cfg.Lease - $w.now.Rec.Lease"),
		one("wait from the look's send", "the wait counts from when a look was sent",
			"heartbeat Judge.Observe", "$j.track($beat, $3, false)", "$j.track($beat, $2, false)"),
		one("wait not begun anew", "other bytes do not begin the wait anew",
			"heartbeat Judge.track", "$sign, $since, $known, $heard = $1, $2, true, $3",
			"if !$known {\n$since = $2\n}\n$sign, $known, $heard = $1, true, $3"),
		one("every look begins anew", "the same bytes begin the wait anew, too",
			"heartbeat Judge.Observe", "case $j.known && $j.beat.Bytes == $beat.Bytes:", "case false:"),
		one("absence not forgotten", "who has seen absence goes on with an old wait",
			"heartbeat Judge.ObserveAbsent", "*$j = Judge{lastLook: $now}", "$j.lastLook = $now").excused("what replaces absence has other bytes, for which the wait begins anew"),
		one("takeover of fresh bytes", "silent for a lease: look once more and take over what is seen",
			"election campaign.do", "case actGrant: return $c.grant($ctx, $seen)",
			"case actGrant:\nif $seen.Present && $seen.Rec.Status != record.Vacant {\nif err := $c.watch.look($ctx); err != nil || !$c.watch.now.Present {\nreturn nil, err\n}\nreturn $c.grant($ctx, $c.watch.now)\n}\nreturn $c.grant($ctx, $seen)"),
		one("contradicted pushes believed", "notifications count although a look has contradicted one",
			"heartbeat Judge.Notify", "if $j.distrusts { $*body }", "if false { $*body }").inTest("election", "TestForgedPushesKeepNobodyOut"),
		one("impatient", "the wait is 0.7 of the lease",
			"heartbeat Judge.Silent", "$j.beat.Lease - $passed", "$j.beat.Lease*7/10 - $passed"),
	}
}
