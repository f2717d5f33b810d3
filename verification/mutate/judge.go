package main

// judge are variants of how others wait.
func judge() []mutant {
	return []mutant{
		one("judge on the larger clock", "a wall clock that is set forward ends the wait",
			judgeFile, "left := j.sign.Lease - (now.Mono - j.since.Mono)", "left := j.sign.Lease - Elapsed(j.since, now)"),
		one("lease of the judge", "the wait is as long as the judge's own lease",
			watcherFile, "now.Add(left + w.spread)", "now.Add(left + w.spread + w.candidacy.cfg.Lease - w.now.Rec.Lease)"),
		one("wait from the look's send", "the wait counts from when a look was sent",
			judgeFile, "	j.track(s, received, false)", "	j.track(s, sent, false)"),
		one("wait not begun anew", "other bytes do not begin the wait anew",
			judgeFile, "	j.sign, j.since, j.known, j.heard = s, received, true, heard",
			"	if !j.known {\n		j.since = received\n	}\n	j.sign, j.known, j.heard = s, true, heard"),
		one("every look begins anew", "the same bytes begin the wait anew, too",
			judgeFile, "	case j.known && j.sign.Bytes == s.Bytes:\n		return false\n", ""),
		one("absence not forgotten", "who has seen absence goes on with an old wait",
			judgeFile, "{ *j = Judge{looked: received} }", "{ j.looked = received }").excused("what replaces absence has other bytes, for which the wait begins anew"),
		one("takeover of fresh bytes", "silent for a lease: look once more and take over what is seen",
			campaignFile, "	case actGrant:\n", "	case actGrant:\n		if seen.Present && seen.Rec.Status != record.Vacant {\n			if err := c.watch.look(ctx); err != nil || !c.watch.now.Present {\n				return nil, err\n			}\n			seen = c.watch.now\n		}\n"),
		one("contradicted pushes believed", "pushes count although a look has contradicted one",
			judgeFile, "	if j.deaf {", "	if false {").inTest("TestForgedPushesKeepNobodyOut"),
		one("impatient", "the wait is 0.7 of the lease",
			judgeFile, "left := j.sign.Lease - (", "left := j.sign.Lease*7/10 - ("),
	}
}
