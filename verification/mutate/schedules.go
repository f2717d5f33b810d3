package main

// Parts of the ledger's scripts, and the tests that try them.
const (
	ledgerLua = "schedule/lua/ledger.lua"
	checkLua  = "internal/register/lua/check.lua"
	ledgerIn  = "verification/ledger"
	years     = "TestLedgerYears"
)

// storms are variants of the ledger that the simulation of elections shows, too: its leaders
// keep a schedule, and real packets are late.
func storms() []mutant {
	return onRedis(
		one("ledger unchecked in a storm", "the ledger takes writes of who does not lead, through the real client",
			checkLua, "($status ~= 'L' and $status ~= 'D') or $term ~= ARGV[1] or $nonce ~= ARGV[2]", "false"),
		one("run before its claim in a storm", "a run starts before the answer to its claim, which may be lost",
			"schedule runner.decide", "$s.task = $t", "$$\nif $t.action.start {\n$t.action.start = false\n$recv.start($s, $t.action.entry)\n}"),
	)
}

// schedules are variants of the ledger.
func schedules() []mutant {
	return []mutant{
		one("ledger unchecked", "the ledger takes writes of who does not lead",
			checkLua, "($status ~= 'L' and $status ~= 'D') or $term ~= ARGV[1] or $nonce ~= ARGV[2]", "false").inTest(ledgerIn, years),
		one("ledger not compared", "the ledger takes writes that expect another entry",
			ledgerLua, "if $is ~= ARGV[2] then", "if false then").inTest(ledgerIn, years),
		one("ledger ahead of time", "the ledger takes claims before the server's clock says so",
			ledgerLua, "if tonumber($us) < tonumber(ARGV[4]) * 1000 then", "if false then").inTest(ledgerIn, years),
		one("cursor back", "a claim leaves the cursor before the due time",
			"schedule situation.claim", "$a := $s.change($e)", "$e.cursor -= 1\n$$").inTest(ledgerIn, years),
		one("calendar with a past", "another calendar keeps the old cursor",
			"schedule situation.begin", "max($e.cursor, $s.now)", "$e.cursor").inTest(ledgerIn, years),
		one("began in the past", "a ledger that is lost begins three hours ago",
			"schedule situation.absent", "entry{seq: $s.now, cursor: $s.now, cal: $s.cal, state: idle, run: runOf{term: $s.term}}",
			"entry{seq: $s.now, cursor: $s.now - 10800000, cal: $s.cal, state: idle, run: runOf{term: $s.term}}").inTest(ledgerIn, years),
		one("run before its claim", "a run starts before the answer to its claim",
			"schedule runner.decide", "$s.task = $t", "$$\nif $t.action.start {\n$t.action.start = false\n$recv.start($s, $t.action.entry)\n}").inTest(ledgerIn, years),
		one("run after the term", "a run starts although the term has ended since its claim",
			"schedule runner.start", "election.ContextErr($r.ctx) != nil", "false").inTest(ledgerIn, years),
		one("an attempt too many", "a due time is started once more than its attempts",
			"schedule situation.mayStart", "$s.entry.run.attempt < int64($s.job.Attempts)", "$s.entry.run.attempt <= int64($s.job.Attempts)").inTest(ledgerIn, years),
		one("late all the same", "due times that are too late are started",
			"schedule Job.backlog", "$j.Late > 0", "false").inTest(ledgerIn, years),
		one("no catch-up", "only the newest of the due times that wait is run",
			"schedule Job.backlog", "$j.Due.newest($punctual, $until, $j.CatchUp)", "$j.Due.newest($punctual, $until, 1)").inTest(ledgerIn, years),
		one("missed in silence", "due times are dropped without a line",
			"schedule situation.missed", "if $n == 0 {\nreturn\n}", "if true {\nreturn\n}").inTest(ledgerIn, years),
		one("abandoned in silence", "who takes over a run says nothing of it",
			"schedule situation.abandoned", "$a.line = &line{run: $s.entry.run, started: $s.entry.started, outcome: OutcomeAbandoned}", "").inTest(ledgerIn, years),
		one("a request is kept", "a run that was asked for is started again and again",
			"schedule situation.decide", "next.ask = ask{}", "_ = 0").inTest(ledgerIn, years),
		one("runs in a pause", "due times of a pause are started",
			"schedule situation.decide", "return $s.sleep($e.pause.until), nil", "return $s.due()").inTest(ledgerIn, years),
		one("own run abandoned", "a run under way here counts as that of a leader that is over",
			"schedule situation.decide", "$s.stopping || $s.running", "$s.stopping").inTest(ledgerIn, years),
	}
}
