package main

// ledgers are variants of what decides which run starts, and of its script.
func ledgers() []mutant {
	const text = "schedule/lua/ledger.lua"
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
		one("the server's time is not asked", "a run is claimed before its time",
			text, "if tonumber(us) < tonumber(ARGV[4]) * 1000 then return {'early', is, us, ''} end", "").inTest("schedule", "TestTheScriptComparesBytesInOneStepWithTheRecord"),
		one("entries are not compared", "an entry is written whatever stands there",
			text, "if is ~= ARGV[2] then return {'other', is, us, ''} end", "").inTest("schedule", "TestTheScriptComparesBytesInOneStepWithTheRecord"),
		one("a copy is another write", "the answer to a write that is sent again says that another was first",
			text, "if is == ARGV[3] then return {'done', is, us, ''} end", "").inTest("schedule", "TestTheScriptComparesBytesInOneStepWithTheRecord"),
		one("writes are not checked", "the ledger is written by who does not lead",
			"internal/register Call.prepare", "c.Grant == nil", "true").inTest("schedule", "TestTheScriptComparesBytesInOneStepWithTheRecord"),
		one("what was sent is decided anew", "a write whose answer is missing is given up, and another one is sent",
			"schedule runner.see", "s.task != nil && !s.task.sent", "s.task != nil").inTest("schedule", "TestRepliesAreLost"),
	}
	return all
}
