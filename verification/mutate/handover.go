package main

// handover are variants of how an office goes from one to the next in order.
func handover() []mutant {
	scripted := onRedis(
		one("told but not written", "the heirs are told of a vacancy that is not written",
			casFile, write, "if string.match(new, '^1 V') then tell(ARGV[at + 3], new, 4 * #KEYS + 1) return new end\n"+write),
		one("nobody else told", "if no heir hears of a vacancy, nobody does",
			casFile, "if heirs > 0 then return nil end", "if heirs > 0 or #ARGV >= first then return nil end"),
		one("the deaf have a rank", "an heir that does not listen counts as told",
			casFile, "if type(heard) == 'number' and heard > 0 then", "if type(heard) == 'number' then"),
	)
	return append(scripted, []mutant{
		one("hint believed", "who is told of a vacancy leads without a compare-and-set",
			grantFile, "	answer, err := c.claim(ctx, seen, next)\n",
			"	answer, err := register.Observation{Contents: register.Contents{Present: true, Bytes: next.String()}, Rec: next}, error(nil)\n	if seen.Sent != (heartbeat.Instant{}) {\n		answer, err = c.claim(ctx, seen, next)\n	}\n"),
		one("turns ignored", "who is told second or third tries at once, too",
			queueFile, "	if rank > 1 {", "	if rank > MaxHeirs {"),
		one("turn without an end", "who is told second or third waits for an hour",
			queueFile, "time.Duration(rank-1) * max(LeastTurn, 4*roundTrip)", "time.Duration(rank-1) * max(time.Hour, 4*roundTrip)"),
		one("heirs that stand back", "who stands back makes itself known as waiting",
			watcherFile, `if w.turn.Token == "" || w.legacy.coolDownEnds.Since(now) > 0 {`, `if w.turn.Token == "" {`),
		one("list that never forgets", "who has not been heard of for long stays on the list",
			rosterFile, "if now.Mono-w.heard.Mono <= patience {", "if patience > 0 {").excused("who has gone does not listen, and is passed over"),
		one("everybody is told", "a release names no heirs",
			releaseFile, "rec.Next(record.Vacant), first...)", "rec.Next(record.Vacant))").inTest("TestReleaseWakesOneCandidate"),
		one("last come, first told", "heirs are those who have waited for the shortest time",
			rosterFile, "cmp.Compare(a.since.Mono, b.since.Mono)", "cmp.Compare(b.since.Mono, a.since.Mono)").inTest("TestTheLongestWaitingIsNext"),
	}...)
}

// packets are variants of how elections share what they send.
func packets() []mutant {
	return []mutant{
		one("answers of another request", "in a shared packet answers are handed out from behind",
			packetsFile, "together[i].answer <- r", "together[len(together)-1-i].answer <- r"),
		one("answers of another beat", "in a packet of beats answers are handed out from behind",
			beaterFile, "bt.floor, replies[i])", "bt.floor, replies[len(replies)-1-i])").inTest("TestElectorsShareAConn"),
		mutant{name: "wrong index", what: "the answer of a script for several records is read from behind", edits: []edit{
			{callFile, "values[i].(string); ok && text == sw.Next", "values[len(values)-1-i].(string); ok && text == sw.Next"},
			{callFile, "return readAnswer(values[i], nil)", "return readAnswer(values[len(values)-1-i], nil)"},
		}}.inTest("TestElectorsShareAConn"),
		one("first answer for all", "of a script for several records only the first answer is read",
			callFile, "return readAnswer(values[i], nil)", "return readAnswer(values[0], nil)").inTest("TestLinearizable"),
		one("one error for all", "an error of one record is taken for that of all in the script",
			callFile, "	if text, ok := values[i].(string); ok && text == sw.Next {",
			"	for _, v := range values {\n		if text, ok := v.(string); ok && text[0] > '9' {\n			return readAnswer(nil, scriptError(text))\n		}\n	}\n	if text, ok := values[i].(string); ok && text == sw.Next {").inTest("TestSwapsInOnePacket"),
		one("script that fails as a whole", "an error of one record ends the script for all",
			casFile, "local bytes = redis.pcall(", "local bytes = redis.call(").inTest("TestSwapsInOnePacket"),
	}
}
