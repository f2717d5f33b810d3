package main

// reports are variants of what observers and callbacks are promised.
func reports() []mutant {
	return []mutant{
		one("events dropped behind beats", "what happens to a candidate is dropped while a beat waits for a slow observer",
			"election reporter.put", "if $waiting := $r.waitingBeat($c); $_ && $ev.Kind == KindBeat { $*_ }",
			"if waiting := $r.waitingBeat($c); waiting != nil && $ev.Kind != KindBeat {\nreturn\n}\n$$").inTest("election", "TestOnlyBeatsAreDropped"),
		one("every beat waits", "a queue grows for as long as an observer is slow",
			"election reporter.put", "$waiting != nil && $ev.Kind == KindBeat", "$waiting != nil && false").inTest("election", "TestOnlyBeatsAreDropped"),
		one("callbacks wait for themselves", "any call of an elector waits for the observer, also one that the observer makes",
			"election Elector.leave", "$e.memory().use($*_)", "$e.conn.reporter.flush($e.candidacy)\n$$").inTest("election", "TestObserverObserves"),
		one("nobody waits for the observer", "Lead returns although its events have not been delivered",
			"election Elector.exit", "$e.conn.reporter.flush($_)", "").inTest("election", "TestSlowObserverIsWaitedForByItsOwnLead"),
		one("nobody waits for OnOverrun", "Lead returns although OnOverrun still runs",
			"election Elector.serve", "$t.callbacks.Wait()", "").inTest("election", "TestOnOverrunObserves"),
		one("timer armed again", "the timer that ends trust is armed again after the term has stopped it",
			"election trust.watch", "if $_ { $*body }", "if true { $*body }").inTest("election", "TestNothingIsLeftOfAStoppedTrust"),
	}
}

// nested are variants of work inside the work of another election.
func nested() []mutant {
	return []mutant{
		one("innermost clock only", "ContextErr reads the clock of the innermost term only",
			"election ContextErr", "ContextErr($w.Caller())", "error(nil)").inTest("election", "TestContextErrReadsTheClocksOfTermsThatItIsDetachedFrom"),
		one("Lead inside itself", "Lead is not refused in the work of its own election if another term lies between",
			"election candidacy.worksFor", "for $w := scope.WorkOf($ctx); $_; $w = $w.Around() { $*body }",
			"for $w := scope.WorkOf($ctx); $w != nil; $w = nil { $*body }").inTest("election", "TestLeadInsideLeadLooksAtAllTermsAround"),
		one("work for ever", "a context counts as that of work although the work has returned",
			"election candidacy.worksFor", "$w.working.Load()", "true").inTest("election", "TestLeadUnderAContextOfWorkThatHasEnded"),
	}
}

// forged are variants of notifications that a look contradicts.
func forged() []mutant {
	return []mutant{
		one("no look contradicts", "a look that shows less than a notification before it does not contradict that",
			"heartbeat Judge.settle", "$contradicts = $s.Bytes != $_ && $_", "$contradicts = false").inTest("election", "TestForgedPushesKeepNobodyOut"),
		one("later looks contradict", "a look contradicts a notification before it although it shows a later beat",
			"heartbeat Judge.settle", "!$s.after($j.first)", "true").inTest("heartbeat", "TestALaterLookContradictsNothing"),
		one("pushes silenced for ever", "notifications never count again after one was contradicted",
			"heartbeat Judge.Observe", "case $j.ignored == $s.Bytes:", "case false:").inTest("election", "TestPushesCountAgainAfterAForgery"),
	}
}

// looks are variants of what a look sends besides, and of what follows when nobody answers.
func looks() []mutant {
	const note = "for $i = 2, #ARGV, 2 do redis.pcall('PUBLISH', ARGV[$i], ARGV[$i + 1]) end"
	return []mutant{
		one("note left out", "the script of a look does not publish its note",
			look, note, "").inTest("internal/register", "TestALookPublishesItsNote"),
		one("note that fails the look", "a look whose note cannot be published has no answer",
			look, "redis.pcall('PUBLISH',", "redis.call('PUBLISH',").inTest("internal/register", "TestALookPublishesItsNote"),
		several("note without the look", "the note of a look is a command of its own, which a cluster sends to any node",
			edit{look, note, ""},
			edit{"internal/register Register.send", "$all[$i] = $queue($p, $c)", "$$\nif $c.script == $recv.look && len($c.args) > 1 {\n$p.Publish($1, $c.args[1].(string), $c.args[2])\n}"}).
			inTest("internal/register", "TestEveryCommandHasAKey"),
		one("map of the cluster kept", "a client is not asked to read the cluster's map anew when a packet had no answer",
			"internal/register Register.Do", "$r.reload()", "").inTest("internal/register", "TestAPacketWithoutAnAnswerAsksForANewMap"),
	}
}

// attempts are variants of TryLead.
func attempts() []mutant {
	return []mutant{
		one("pushed beats count", "a single attempt takes a beat that is only published for a sign of life",
			"election campaign.run", "$c.watch.useNotifications = $_", "$c.watch.useNotifications = true").inTest("election", "TestTryLeadIsNotFooled"),
		one("step-downs count", "a single attempt takes a request to step down for a sign of life",
			"election single.alive", "case $s.Rec.Status != $was.Status: $*_", "case $s.Rec.Status != $was.Status:\nreturn true").inTest("election", "TestTryLeadIsNotFooled"),
		one("any record counts", "a single attempt takes the record of a dead leader for a sign of life",
			"election single.alive", "$s.Rec.Beat > $was.Beat", "true").inTest("election", "TestTryLeadSucceedsASilentLeader"),
		one("attempt held up", "a cool-down holds up a single attempt",
			"election knowledge.coolDown", "!$k.single", "true").inTest("election", "TestTryLeadTakesAVacancy"),
		one("attempt without an end", "a single attempt goes on for as long as Redis gives no answer",
			"election campaign.isFinal", "$c.outage() >= $limit", "$c.outage() >= 10*$limit").inTest("election", "TestTryLeadWithoutRedis"),
	}
}

// keeping are variants of how Keep goes on.
func keeping() []mutant {
	return []mutant{
		one("losses are failures", "Keep pauses after a loss also if the work ran for long",
			"singleton next", "case $o.ran > 2*$lease:", "case false:").inTest("singleton", "TestNoPauseAfterTheLossOfALongTerm"),
		one("loss without a bound", "the pause after a loss grows to that after failures",
			"singleton newKeeper", "min($p.MaxBackOff, $_)", "$p.MaxBackOff").inTest("singleton", "TestThePauseAfterALossIsHalfALeaseAtMost"),
		one("person waited for", "the first pause after an error that needs a person is the longest",
			"singleton newKeeper", "newBackOff(shortestPermanent, $*rest)", "newBackOff(longestPermanent, $*rest)").inTest("singleton", "TestKeepComesBackSoonAfterAShortTrouble"),
		one("undone in silence", "Keep returns nil although a deadline came before its work was done",
			"singleton Keep", "errors.Is($_, context.DeadlineExceeded)", "$$ && false").inTest("singleton", "TestADeadlineBeforeTheWorkIsDoneIsAnErrorOfOnReturnStop"),
	}
}

// remembering are variants of what a Conn knows of elections.
func remembering() []mutant {
	return []mutant{
		one("names in use forgotten", "a name that calls are under way for may be forgotten",
			"election memory.idle", "if $m.calls > 0 { $*body }", "if false { $*body }").inTest("election", "TestNamesAreForgotten"),
		one("names kept for ever", "no name is forgotten",
			"election names.forget", "$m.idle($now) > heartbeat.MaxLease", "$m.idle($now) < 0").inTest("election", "TestNamesAreForgotten"),
		one("absence is nobody", "an election without a record is one that nobody leads",
			"election Elector.Leader", "case !$seen.Present:", "case false:").inTest("election", "TestLeaderLooksOnce"),
	}
}
