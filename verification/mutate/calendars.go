package main

// calendars are variants of what computes due times.
func calendars() []mutant {
	return []mutant{
		one("skipped is lost", "a time that the clock skips is not run",
			"schedule cron.period", "!c.fields.everyHour() && !$s.IsZero()", "false").inTest("schedule", "TestClocksThatAreSet"),
		one("shown twice is run twice", "a fixed time that the clock shows twice is run twice",
			"schedule cron.period", "c.shownBefore(p.start)", "min(c.shownBefore(p.start), p.start+p.offset)").inTest("schedule", "TestDueTimesEqualTheReferenceAroundEachChange"),
		one("each hour once", "an hour that the clock shows twice is run once where every hour is named",
			"schedule fields.everyHour", "f.hour == allHours", "false").inTest("schedule", "TestClocksThatAreSet"),
		one("years without an end", "the last day of a leap year is taken to go on for a year",
			"schedule cron.period", "t.UTC().Year()+1", "t.UTC().Year()+2").inTest("schedule", "TestClocksThatAreSet"),
		one("skipped ones are counted one by one", "what a jump skips counts more than once",
			"schedule cron.count", "at == p.start && $f < $s", "false").inTest("schedule", "TestDueTimesEqualTheReferenceAroundEachChange"),
		one("both days", "two day fields must both fit",
			"schedule fields.day", "ofMonth || ofWeek", "ofMonth && ofWeek").inTest("schedule", "TestCronFields"),
		one("Sunday is not 7", "7 is no day of the week",
			"schedule column.parse", "c.top == 7 && $_", "false").inTest("schedule", "TestCronFields"),
		one("due again", "the instant of a due time is before it",
			"schedule every.next", "floorDiv(after, int64(e)) + 1", "floorDiv(after-1, int64(e)) + 1").inTest("schedule", "TestBacklog"),
		one("truncated before 1970", "division rounds up before 1970",
			"schedule floorDiv", "a%b < 0", "false").inTest("schedule", "TestEvery"),
		one("asked from within the second", "due times of Custom within a second get lost",
			"schedule custom.next", "time.Unix(floorDiv(after, 1000), 0).UTC()", "instant(after)").inTest("schedule", "TestCustom"),
		one("a calendar that stands still", "a due time that is not after the instant is believed",
			"schedule custom.next", "case !due.After(from):", "case false:").inTest("schedule", "TestBacklogOfABadCalendar"),
		one("Late excludes its end", "a run that is due exactly Late ago is dropped",
			"schedule Job.backlog", "until-j.Late.Milliseconds()-1", "until-j.Late.Milliseconds()").inTest("schedule", "TestBacklog"),
		one("the oldest wait", "CatchUp keeps the oldest due times",
			"schedule Calendar.newest", "$all <= n", "$all >= 0").inTest("schedule", "TestBacklog"),
		one("the future is owed", "a clock that was set back makes due times come again",
			"schedule Job.backlog", "max(from, until)", "until").inTest("schedule", "TestBacklog"),
		one("jitter without the name", "all jobs are delayed alike",
			"schedule Job.startAt", `j.Name + " " + $_`, `due.UTC().Format(time.RFC3339Nano)`).inTest("schedule", "TestStartAt"),
	}
}
