package main

// ledgers are variants of what decides which run starts.
func ledgers() []mutant {
	all := []mutant{
		one("the cursor goes back", "another calendar begins at the present, also before what was decided",
			"schedule situation.begin", "max(e.cursor, s.now)", "s.now").inTest("schedule", "TestDecide"),
		one("another calendar has a past", "due times of a new calendar that passed before it came are run",
			"schedule situation.begin", "max(e.cursor, s.now)", "e.cursor").inTest("schedule", "TestDecide"),
		one("a pause catches up", "due times of a pause are run at its end",
			"schedule situation.decide", "e.pause.set && !e.pause.active(s.now)", "false").inTest("schedule", "TestDecide"),
		one("a late claim is a run", "a run that was claimed too late to begin is not given back",
			"schedule situation.complete", "case !x.began:", "case false:").inTest("schedule", "TestAClaimThatIsAnsweredTooLateIsGivenBack"),
		one("what was heard is forgotten", "a state that Redis went back to is believed",
			"schedule situation.decide", "s.heard != nil && s.heard.seq > e.seq", "false").inTest("schedule", "TestRedisGoesBack"),
		one("restored as it was", "an older state of another calendar is replaced by what was heard, with its past",
			"schedule situation.restore", "s.entry != nil && s.entry.cal != e.cal", "false").inTest("schedule", "TestDecide"),
		one("a lost change is undone", "a change of calendars that was lost before its answer is undone, and the history does not say so",
			"schedule situation.restore", "e.cal != s.cal", "false").inTest("schedule", "TestALostChangeOfCalendarsIsWrittenOnceMore"),
		one("others went on for nothing", "what others did after a loss is replaced by what was heard before it",
			"schedule situation.wentOn", "s.entry.run.term > s.heard.run.term || s.entry.cursor > s.heard.cursor", "false").inTest("schedule", "TestDecide"),
		one("waits in silence", "a job that waits for a clock that was set back says nothing",
			"schedule ahead", "by <= time.Minute", "true").inTest("schedule", "TestDecide"),
		one("a lost ledger is a new one", "the leader begins anew although it knows what was lost",
			"schedule situation.absent", "s.heard != nil && s.here", "false").inTest("schedule", "TestTheLedgerIsLostInATerm"),
		one("numbers begin at one", "a ledger that was lost and begun anew looks older than the lost one",
			"schedule situation.absent", "seq: s.now", "seq: 1").inTest("schedule", "TestANewLedgerIsNotOlderThanALostOne"),
		one("both names run", "a job starts under its new name before the old one is gone",
			"schedule situation.decide", "s.former != nil", "false").inTest("schedule", "TestDecide"),
		one("one attempt more", "a run is started once more than Attempts says",
			"schedule situation.mayStart", "s.entry.run.attempt < int64(s.job.Attempts)", "s.entry.run.attempt <= int64(s.job.Attempts)").inTest("schedule", "TestDecide"),
		one("runs overlap", "a job is decided about while it runs",
			"schedule situation.decide", "s.stopping || s.running", "s.stopping").inTest("schedule", "TestDecide"),
		one("claimed while it stops", "a run is claimed although the term has ended",
			"schedule situation.decide", "s.stopping || s.running", "s.running").inTest("schedule", "TestDecide"),
	}
	return append(all, ledgerWrites()...)
}

// ledgerWrites are variants of its script, and of what sends writes and takes in answers.
func ledgerWrites() []mutant {
	return []mutant{
		one("the server's time is not asked", "a run is claimed before its time",
			ledgerLua, "if tonumber(us) < tonumber(ARGV[4]) * 1000 then return {'early', is, us, ''} end", "").inTest("schedule", "TestTheScriptComparesBytesInOneStepWithTheRecord"),
		one("entries are not compared", "an entry is written whatever stands there",
			ledgerLua, "if is ~= ARGV[2] then return {'other', is, us, ''} end", "").inTest("schedule", "TestTheScriptComparesBytesInOneStepWithTheRecord"),
		one("a copy is another write", "the answer to a write that is sent again says that another was first",
			ledgerLua, "if is == ARGV[3] then return {'done', is, us, ''} end", "").inTest("schedule", "TestTheScriptComparesBytesInOneStepWithTheRecord"),
		one("writes are not checked", "the ledger is written by who does not lead",
			"internal/register Call.prepare", "c.Grant == nil", "true").inTest("schedule", "TestTheScriptComparesBytesInOneStepWithTheRecord"),
		one("complete after the release", "leadership is released before the ledger says how the runs ended",
			"schedule runner.finished", "s.ended != nil || s.task != nil", "s == nil").inTest("schedule", "TestAnInterruptedRunRunsAgainUnderTheNextLeader"),
		one("jitter drawn again", "each look at a due time draws another delay",
			"schedule Job.startAt", "binary.BigEndian.Uint64(sum[:8])", "(binary.BigEndian.Uint64(sum[:8]) ^ uint64(time.Now().UnixNano())*0x9e3779b97f4a7c15)").inTest("schedule", "TestJitterDelaysAStartAndIsNotDrawnAgain"),
		one("what began anew knows all", "a process forgets that it has decided on a due time, as a ledger that began anew does not know it",
			"schedule past.see", "max(e.cursor, known.cursor)", "e.cursor").inTest("schedule", "TestMemoryIsLostAndTheServersClockIsSetBack"),
		one("what was sent is decided anew", "a write whose answer is missing is given up, and another one is sent",
			"schedule runner.see", "s.task != nil && !s.task.sent", "s.task != nil").inTest("schedule", "TestRepliesAreLost"),
		one("a claim under a request is lost", "a claim whose answer is lost counts as that of a leader that is over, once somebody has asked for something",
			"schedule task.claimed", "t.action.start && is != nil && is.state == running && is.run == t.action.entry.run", "false").inTest("schedule", "TestAClaimWhoseAnswerIsLostUnderARequest"),
	}
}
