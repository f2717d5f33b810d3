package schedule

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// show is an action in one line.
func (a action) show(now int64) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	switch {
	case a.write && a.ofFormer:
		add("remove the former")
	case a.write && a.entry == nil:
		add("remove")
	case a.write:
		e := a.entry
		add("%c due %s attempt %d cursor %s dropped %d", e.state, shownDue(e.run), e.run.attempt, shownTime(e.cursor), e.dropped)
		if e.again != 0 {
			add("again %s", shownTime(e.again))
		}
		if e.pause.set {
			add("paused")
		}
		if e.ask.at != 0 {
			add("asked")
		}
	case a.wake == asleep:
		add("wait")
	default:
		add("wait until %s", shownTime(a.wake))
	}
	if a.notBefore != 0 {
		add("not before %s", shownTime(a.notBefore))
	}
	if a.line != nil {
		add("line %s %d", a.line.outcome, a.line.n)
	}
	if a.start {
		add("start")
	}
	if a.forget {
		add("forget")
	}
	for _, ev := range a.events {
		add("%s", ev.Kind)
	}
	return strings.Join(parts, ", ")
}

const minute = 60_000

// base is a due time of the table.
const base = 29_000_000 * minute

func shownTime(ms int64) string {
	return (time.Duration(ms-base) * time.Millisecond).String()
}

func shownDue(r runOf) string {
	if r.asked != 0 {
		return "asked"
	}
	if r.due == 0 {
		return "none"
	}
	return shownTime(r.due)
}

// Every row of what is decided: a job each minute, looked at 30 s after a due time.
func TestDecide(t *testing.T) {
	const now = base + 30_000
	ours := calID("every 1m0s")
	at := func(cursor int64, change ...func(*entry)) *entry {
		e := &entry{seq: 10, cursor: cursor, cal: ours, state: idle, run: runOf{term: 3}, seen: now / day}
		for _, c := range change {
			c(e)
		}
		return e
	}
	state := func(s byte, attempt int64) func(*entry) {
		return func(e *entry) { e.state, e.run = s, runOf{due: base, attempt: attempt, term: 3} }
	}
	run := runOf{due: base, attempt: 1, term: 3}
	for _, c := range []struct {
		rule string
		s    situation
		want string
	}{
		{"1: lost in this term", situation{heard: at(base, state(running, 1)), here: true}, "R due 0s attempt 1 cursor 0s dropped 0, ledger_lost"},
		{"1: also while it stops", situation{heard: at(base, state(running, 1)), here: true, stopping: true}, "R due 0s attempt 1 cursor 0s dropped 0, ledger_lost"},
		{"1: lost at a change of calendars", situation{heard: at(base, of("x")), here: true}, "- due none attempt 0 cursor 30s dropped 0, not before 30s, line changed 0, ledger_lost"},
		{"1: lost at such a change, and stops", situation{heard: at(base, state(running, 1), of("x")), here: true, stopping: true}, "R due 0s attempt 1 cursor 30s dropped 0, not before 30s, line changed 0, ledger_lost"},
		{"2: renamed", situation{former: at(base-minute, state(running, 1))}, "R due 0s attempt 1 cursor -1m0s dropped 0"},
		{"2: the older version went on", situation{entry: at(base - 2*minute), former: at(base - minute)}, "- due none attempt 0 cursor -1m0s dropped 0"},
		{"2: nothing starts before the former is gone", situation{entry: at(base - minute), former: at(base - minute)}, "remove the former"},
		{"3: new", situation{}, "- due none attempt 0 cursor 30s dropped 0, not before 30s, line began 0"},
		{"3: new, at once", situation{job: Job{AtOnce: true}}, "- due none attempt 0 cursor 30s dropped 0, asked, not before 30s, line began 0"},
		{"3: lost with its term", situation{heard: at(base + minute)}, "- due none attempt 0 cursor 1m0s dropped 0, not before 30s, line began 0, ledger_lost"},
		{"3: it stands still", situation{heard: at(base + 2*minute)}, "- due none attempt 0 cursor 2m0s dropped 0, not before 30s, line began 0, ledger_lost, clock_skew"},
		{"3: not while it stops", situation{stopping: true}, "wait"},
		{"4: Redis went back", situation{entry: at(base - minute), heard: at(base, seq(11))}, "- due none attempt 0 cursor 0s dropped 0, ledger_lost"},
		{"4: but what was decided stays so", situation{entry: at(base), heard: at(base-minute, seq(11))}, "- due none attempt 0 cursor 0s dropped 0, ledger_lost"},
		{"4: another calendar stood there", situation{entry: at(base-2*minute, of("x")), heard: at(base-minute, seq(11))}, "- due none attempt 0 cursor 30s dropped 0, not before 30s, line changed 0, ledger_lost"},
		{"4: another calendar was heard of", situation{entry: at(base - 2*minute), heard: at(base-minute, seq(11), of("x"))}, "- due none attempt 0 cursor 30s dropped 0, not before 30s, line changed 0, ledger_lost"},
		{"4: others went on further", situation{entry: at(base, state(owed, 1)), heard: at(base-minute, seq(11))}, "W due 0s attempt 1 cursor 0s dropped 0, ledger_lost"},
		{"4: others went on in a later term", situation{entry: at(base-minute, state(owed, 1)), heard: at(base, seq(11), func(e *entry) { e.run.term = 2 })}, "W due 0s attempt 1 cursor 0s dropped 0, ledger_lost"},
		{"4: others went on with ours", situation{entry: at(base), heard: at(base-minute, seq(11), of("x"))}, "- due none attempt 0 cursor 0s dropped 0, ledger_lost"},
		{"4: others went on with another", situation{entry: at(base, of("x")), heard: at(base-minute, seq(11))}, "- due none attempt 0 cursor 30s dropped 0, not before 30s, line changed 0, ledger_lost"},
		{"4: both are of another", situation{entry: at(base-2*minute, of("x")), heard: at(base-minute, seq(11), of("x"))}, "- due none attempt 0 cursor 30s dropped 0, not before 30s, line changed 0, ledger_lost"},
		{"4: it stands still", situation{entry: at(base - minute), heard: at(base+2*minute, seq(11))}, "- due none attempt 0 cursor 2m0s dropped 0, ledger_lost, clock_skew"},
		{"5: another calendar", situation{entry: at(base-minute, of("x"))}, "- due none attempt 0 cursor 30s dropped 0, not before 30s, line changed 0"},
		{"5: what is owed is kept", situation{entry: at(base, state(owed, 1), of("x"))}, "W due 0s attempt 1 cursor 30s dropped 0, not before 30s, line changed 0"},
		{"5: a cursor never goes back", situation{entry: at(base+minute, of("x"))}, "- due none attempt 0 cursor 1m0s dropped 0, not before 30s, line changed 0"},
		{"6: it runs here", situation{entry: at(base, state(running, 1)), running: true}, "wait"},
		{"6: it is done", situation{entry: at(base, state(running, 1), dropped(2)), ended: &ended{run: run, began: true}}, "- due 0s attempt 1 cursor 0s dropped 0, line done 0, forget"},
		{"6: it failed", situation{entry: at(base, state(running, 1)), ended: &ended{run: run, began: true, err: errTest}}, "- due 0s attempt 1 cursor 0s dropped 0, line failed 0, forget"},
		{"6: it failed, and is tried again", situation{job: Job{Attempts: 2}, entry: at(base, state(running, 1)), ended: &ended{run: run, began: true, err: errTest}}, "W due 0s attempt 1 cursor 0s dropped 0, again 31s, line failed 0, forget"},
		{"6: interrupted", situation{job: Job{Attempts: 2}, entry: at(base, state(running, 1)), ended: &ended{run: run, began: true, err: errTest, interrupted: true}, stopping: true}, "W due 0s attempt 1 cursor 0s dropped 0, again 30s, line interrupted 0, forget"},
		{"6: interrupted for good", situation{entry: at(base, state(running, 1)), ended: &ended{run: run, began: true, err: errTest, interrupted: true}, stopping: true}, "- due 0s attempt 1 cursor 0s dropped 0, line failed 0, forget"},
		{"6: claimed too late to begin", situation{entry: at(base, state(running, 1)), ended: &ended{run: run}, stopping: true}, "W due 0s attempt 0 cursor 0s dropped 0, again 30s, forget"},
		{"6: about another run", situation{entry: at(base, state(running, 2)), ended: &ended{run: run, began: true}}, "wait until " + shownTime(0) + ", forget"},
		{"7: abandoned", situation{entry: at(base, state(running, 1))}, "- due 0s attempt 1 cursor 0s dropped 0, line abandoned 0, run_abandoned"},
		{"7: abandoned, and again", situation{job: Job{Attempts: 2}, entry: at(base, state(running, 1))}, "R due 0s attempt 2 cursor 0s dropped 0, line abandoned 0, start"},
		{"7: but not too late", situation{job: Job{Attempts: 2, Late: 10 * time.Second}, entry: at(base, state(running, 1))}, "- due 0s attempt 1 cursor 0s dropped 0, line abandoned 0, run_abandoned"},
		{"7: not while it stops", situation{entry: at(base, state(running, 1)), stopping: true}, "wait"},
		{"8: not yet", situation{job: Job{Attempts: 2}, entry: at(base, state(owed, 1), again(now+1000))}, "wait until 31s"},
		{"8: again", situation{job: Job{Attempts: 2}, entry: at(base, state(owed, 1), again(now))}, "R due 0s attempt 2 cursor 0s dropped 0, not before 30s, start"},
		{"8: given up", situation{job: Job{Attempts: 1}, entry: at(base, state(owed, 1), again(now))}, "- due 0s attempt 1 cursor 0s dropped 0, line failed 0, run_failed"},
		{"8: never started, too late", situation{job: Job{Late: 10 * time.Second}, entry: at(base, state(owed, 0))}, "- due 0s attempt 0 cursor 0s dropped 1, line missed 1, due_missed"},
		{"8: also in a pause", situation{job: Job{Attempts: 2}, entry: at(base, state(owed, 1), paused(0))}, "R due 0s attempt 2 cursor 0s dropped 0, paused, start"},
		{"9: paused", situation{entry: at(base-3*minute, paused(0))}, "wait"},
		{"9: paused until", situation{entry: at(base-3*minute, paused(base+minute))}, "wait until 1m0s"},
		{"9: the pause is over", situation{entry: at(base-3*minute, paused(base-1))}, "- due none attempt 0 cursor -1m0s dropped 2, not before -1ms, line paused 2, due_missed"},
		{"9: it dropped nothing", situation{entry: at(base, paused(base+1))}, "- due none attempt 0 cursor 0s dropped 0, not before 1ms"},
		{"10: asked", situation{entry: at(base-minute, asked)}, "R due asked attempt 1 cursor -1m0s dropped 0, start"},
		{"10: asked in a pause", situation{entry: at(base-minute, asked, paused(0))}, "R due asked attempt 1 cursor -1m0s dropped 0, paused, start"},
		{"11: due", situation{entry: at(base - minute)}, "R due 0s attempt 1 cursor 0s dropped 0, not before 0s, start"},
		{"11: the newest", situation{entry: at(base - 3*minute)}, "R due 0s attempt 1 cursor 0s dropped 2, not before 0s, line missed 2, start, due_missed"},
		{"11: two wait", situation{job: Job{CatchUp: 2}, entry: at(base - 3*minute)}, "R due -1m0s attempt 1 cursor -1m0s dropped 1, not before -1m0s, line missed 1, start, due_missed"},
		{"11: too late", situation{job: Job{Late: 10 * time.Second}, entry: at(base - minute)}, "- due none attempt 0 cursor 0s dropped 1, not before 0s, line missed 1, due_missed"},
		{"11: what was heard of is not started", situation{entry: at(base - minute), heard: at(base, seq(9))}, "wait until 1m0s"},
		{"12: nothing is due", situation{entry: at(base)}, "wait until 1m0s"},
		{"12: the clock was set back", situation{entry: at(base + 60*minute)}, "wait until 1h1m0s"},
		{"12: still declared", situation{entry: at(base, func(e *entry) { e.seen -= 7 })}, "- due none attempt 0 cursor 0s dropped 0"},
		{"12: declared again", situation{entry: at(base, func(e *entry) { e.gone = true })}, "- due none attempt 0 cursor 0s dropped 0"},
	} {
		c.s.job.Name, c.s.job.Due = "m", Every(time.Minute)
		c.s.job = c.s.job.complete()
		c.s.cal, c.s.term, c.s.now = ours, 5, now
		a, err := c.s.decide()
		if got := a.show(now); err != nil || got != c.want {
			t.Errorf("%s:\n got %s, %v\nwant %s", c.rule, got, err, c.want)
		}
		checkAction(t, c.rule, c.s, a)
	}
}

// A leader changes a calendar, and the ledger is lost before it hears the answer. What it has
// heard is the other calendar, but the history says that this one is in force.
func TestALostChangeOfCalendarsIsWrittenOnceMore(t *testing.T) {
	job := Job{Name: "m", Due: Every(time.Minute)}.complete()
	s := situation{job: job, cal: calID("every 1m0s"), term: 5, now: base + 30_000, here: true}
	s.heard = &entry{seq: 10, cursor: base, next: base + 3*minute, cal: calID("every 3m0s"), state: owed, run: runOf{due: base, attempt: 1, term: 3}, started: base, again: base + 1000, seen: 20138, text: "every 3m0s"}
	a, err := s.decide()
	if err != nil || !a.write {
		t.Fatalf("%+v, %v", a, err)
	}
	const entry = "1 11 1740000030000 1740000060000 RK8WKX8g7pAd W 1740000000000 1 3 1740000000000 1740000001000 0 20138 - - ZXZlcnkgMW0wcw"
	if got := a.entry.String(); got != entry {
		t.Errorf("entry %q\nwant  %q", got, entry)
	}
	const line = "1 0 0 5 0 1740000030000 changed 0 - every 1m0s"
	if a.line == nil {
		t.Error("the history does not say so")
	} else if got := a.line.String(); got != line {
		t.Errorf("line %q\nwant %q", got, line)
	}
}

// checkAction checks what holds of every action: bytes never repeat, and a cursor never goes
// back.
func checkAction(t *testing.T, rule string, s situation, a action) {
	t.Helper()
	for _, before := range []*entry{s.entry, s.heard} {
		if before == nil || a.entry == nil {
			continue
		}
		if a.entry.seq <= before.seq || before == s.entry && a.entry.cursor < before.cursor {
			t.Errorf("%s: %+v after %+v", rule, a.entry, before)
		}
	}
	if a.entry != nil {
		if e, err := parseEntry(a.entry.String()); err != nil || e != *a.entry {
			t.Errorf("%s: %+v is read as %+v, %v", rule, *a.entry, e, err)
		}
	}
}

func dropped(n int64) func(*entry) { return func(e *entry) { e.dropped = n } }
func again(at int64) func(*entry)  { return func(e *entry) { e.again = at } }
func paused(until int64) func(*entry) {
	return func(e *entry) { e.pause = pause{set: true, until: until} }
}
func seq(n int64) func(*entry)   { return func(e *entry) { e.seq = n } }
func of(cal string) func(*entry) { return func(e *entry) { e.cal = calID(cal) } }
func asked(e *entry)             { e.ask = ask{at: base * 1000} }

func TestJitterDelaysAStartAndIsNotDrawnAgain(t *testing.T) {
	s := situation{job: Job{Name: "m", Due: Every(time.Minute), Jitter: 50 * time.Second}.complete(), cal: calID("every 1m0s"), term: 5}
	start := s.job.startAt(instant(base)).UnixMilli()
	s.entry = &entry{seq: 1, cursor: base - minute, cal: s.cal, state: idle, seen: base / day}
	for s.now = base; s.now < start; s.now += 100 {
		if a, err := s.decide(); err != nil || a.write || a.wake != start {
			t.Fatalf("%s, %v", a.show(s.now), err)
		}
	}
	s.now = start
	if a, err := s.decide(); err != nil || !a.start || a.notBefore != start || a.entry.cursor != base {
		t.Errorf("%s, %v", a.show(s.now), err)
	}
}

func TestAnUndeclaredEntry(t *testing.T) {
	e := entry{seq: 4, seen: 100, state: idle}
	if a := undeclared(e, 100*day); !a.write || !a.entry.gone || a.entry.seq != 5 || a.entry.seen != 100 {
		t.Errorf("%+v", a)
	}
	e.gone = true
	if a := undeclared(e, 130*day); a.write {
		t.Errorf("%+v", a)
	}
	if a := undeclared(e, 131*day); !a.write || a.entry != nil {
		t.Errorf("%+v", a)
	}
}

func TestPausesBetweenAttempts(t *testing.T) {
	for attempt, want := range map[int64]int64{1: 1000, 2: 2000, 6: 32_000, 7: 60_000, 999: 60_000} {
		if got := retryPause(attempt); got != want {
			t.Errorf("after attempt %d: %d", attempt, got)
		}
	}
}
