package trace_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/verification/sim"
	"example.com/incumbent/verification/sim/check"
	"example.com/incumbent/verification/trace"
)

func TestMain(m *testing.M) {
	sim.Prepare()
	os.Exit(m.Run())
}

// The model has a step for whatever the simulation does.
func TestTheModelFollowsTheSimulation(t *testing.T) {
	for store, seeds := range map[sim.Store]int{sim.OnRegister: redistest.Either(2, 20), sim.OnRedis: redistest.Either(1, 10)} {
		t.Run(string(store), func(t *testing.T) {
			s := sim.Series{Each: sim.Run{Store: store, Span: 2 * time.Minute, Model: true}, From: 1, Seeds: seeds}
			sum, err := s.Do(t, func(t *testing.T, r sim.Result) {
				if refused := r.Explain(); refused != "" {
					t.Error(refused)
				}
			})
			t.Log(sum)
			if err != nil || sum.Steps < 300 {
				t.Errorf("%d steps: %v", sum.Steps, err)
			}
		})
	}
}

// history is that of one run, in which much happens.
func history(t *testing.T) (all []check.Entry) {
	t.Helper()
	r := sim.Run{Store: sim.OnRegister, Seed: 7, Span: 2 * time.Minute, Lease: 3 * time.Second}
	r.Watch = func(e check.Entry) { all = append(all, e) }
	r.Do(t)
	if res := trace.Follow(all, true); res.Refused != nil {
		t.Fatal(res.Refused)
	}
	return all
}

// find returns the place of the first entry that fits, from a place on.
func find(t *testing.T, all []check.Entry, from int, fits func(check.Entry) bool) int {
	t.Helper()
	i := slices.IndexFunc(all[from:], fits)
	if i < 0 {
		t.Fatal("the history has no such entry")
	}
	return from + i
}

// is returns what fits entries of one kind.
func is[E check.Event](fits func(E) bool) func(check.Entry) bool {
	return func(e check.Entry) bool {
		ev, ok := e.Event.(E)
		return ok && fits(ev)
	}
}

func grants(e check.Sent) bool {
	return e.Next.Status == check.Led && !e.Next.SameOwner(e.Expect)
}

func beats(e check.Sent) bool {
	return e.Next.Status == check.Led && e.Next.SameOwner(e.Expect)
}

func takesOver(e check.Sent) bool { return grants(e) && e.Expect.Held() }

// planted is one change of a history, at the place that it returns.
type planted struct {
	name string
	says string
	edit func(t *testing.T, all []check.Entry) (changed []check.Entry, place int)
}

// replaced plants a change of the first entry that fits.
func replaced[E check.Event](fits func(E) bool, change func(*E)) func(*testing.T, []check.Entry) ([]check.Entry, int) {
	return func(t *testing.T, all []check.Entry) ([]check.Entry, int) {
		i := find(t, all, 0, is(fits))
		ev := all[i].Event.(E)
		change(&ev)
		all[i].Event = any(ev).(check.Event)
		return all, i
	}
}

var plantedErrors = []planted{
	{"a beat that skips a number", "works in L", replaced(beats, func(e *check.Sent) { e.Next.Beat++ })},
	{"a beat in another term", "works in L", replaced(beats, func(e *check.Sent) { e.Next.Term++ })},
	{"a beat with another lease", "works in L", replaced(beats, func(e *check.Sent) { e.Next.Lease += time.Second })},
	{"a grant whose term is not above", "watches", replaced(grants, func(e *check.Sent) { e.Next.Term = e.Expect.Term })},
	{"a grant with an old nonce", "watches", replaced(takesOver, func(e *check.Sent) { e.Next.Nonce = e.Expect.Nonce })},
	{"a quarantine that is too short", "sees no record", replaced(
		func(e check.Sent) bool { return e.Next.Status == check.Quarantined && !e.Expect.Present },
		func(e *check.Sent) { e.Next.Lease -= time.Second })},
	{"a write that nobody sent", "nobody has sent that", replaced(
		func(e check.Wrote) bool { return e.Now.Status == check.Led }, func(e *check.Wrote) { e.Now.Beat += 100 })},
	{"an answer that the register never gave", "did not hold that", replaced(
		func(e check.Answered) bool { return e.Got.Held() }, func(e *check.Answered) { e.Got.Beat += 100 })},
	{"work in another term", "works in L", replaced(func(check.Began) bool { return true }, func(e *check.Began) { e.Term++ })},
	{"a term that nothing has ended", "works in L", replaced(
		func(e check.Noticed) bool { return e.Cause == "caller" }, func(e *check.Noticed) { e.Cause = "lost" })},
	{"an expiry too early", " in L", replaced(
		func(e check.Noticed) bool { return e.Cause == "caller" }, func(e *check.Noticed) { e.Cause = "expired" })},
	{"a takeover too early", "watches L", takeoverTooEarly},
	{"a release before the work has ended", " in L", releaseTooEarly},
	{"a step after the end", "no work runs", stepAfterTheEnd},
	{"a step past the trust", "has expired in L", stepPastTheTrust},
	{"a grace that does not fit", "do not fit into a lease", replaced(
		func(e check.Started) bool { return e.Candidate }, func(e *check.Started) { e.Grace += e.Lease / 2 })},
	{"a write left out", "did not hold that", writeLeftOut},
	{"a drain cleared too early", "the model's process", drainClearedTooEarly},
}

// writeLeftOut has the register answer with what it never got.
func writeLeftOut(t *testing.T, all []check.Entry) ([]check.Entry, int) {
	i := find(t, all, 0, is(func(e check.Wrote) bool { return e.Now.Status == check.Led && e.Now.Beat > 0 }))
	lost := all[i].Event.(check.Wrote).Now
	all = slices.Delete(all, i, i+1)
	return all, find(t, all, i, is(func(e check.Answered) bool { return e.Got == lost }))
}

// drainClearedTooEarly has another process make vacant what a leader holds that drains.
func drainClearedTooEarly(t *testing.T, all []check.Entry) ([]check.Entry, int) {
	i := find(t, all, 0, is(func(e check.Wrote) bool { return e.Now.Status == check.Draining }))
	drains := all[i].Event.(check.Wrote).Now
	vacant := drains
	vacant.Status, vacant.Beat, vacant.Nonce = check.Vacant, drains.Beat+1, 1<<20 // nobody has drawn that
	leads := all[find(t, all, 0, is(func(e check.Sent) bool { return grants(e) && e.Next.SameOwner(drains) }))].Proc
	other := find(t, all, 0, func(e check.Entry) bool {
		s, starts := e.Event.(check.Started)
		return starts && s.Candidate && e.Proc != leads
	})
	e := check.Entry{At: all[i].At, Proc: all[other].Proc, Event: check.Sent{Expect: drains, Next: vacant}}
	return slices.Insert(all, i+1, e), i + 1
}

// takeoverTooEarly has a candidate send its takeover half a lease before it did.
func takeoverTooEarly(t *testing.T, all []check.Entry) ([]check.Entry, int) {
	i := find(t, all, 0, is(takesOver))
	e := all[i]
	at := e.At - e.Event.(check.Sent).Expect.Lease/2
	place := find(t, all, 0, func(o check.Entry) bool { return o.At >= at })
	e.At = all[place].At
	return slices.Insert(slices.Delete(all, i, i+1), place, e), place
}

// releaseTooEarly has a leader send its release just before its work ends.
func releaseTooEarly(t *testing.T, all []check.Entry) ([]check.Entry, int) {
	i := find(t, all, 0, is(func(e check.Sent) bool {
		return e.Next.Status == check.Vacant && e.Next.SameOwner(e.Expect) && e.Expect.Status == check.Led
	}))
	e := all[i]
	place := find(t, all, 0, is(func(o check.Ended) bool { return o.Term == e.Event.(check.Sent).Next.Term }))
	e.At = all[place].At
	return slices.Insert(slices.Delete(all, i, i+1), place, e), place
}

// stepAfterTheEnd has work do one more step.
func stepAfterTheEnd(t *testing.T, all []check.Entry) ([]check.Entry, int) {
	i := find(t, all, 0, is(func(check.Ended) bool { return true }))
	e := all[i]
	e.Event = check.Stepped{Term: e.Event.(check.Ended).Term}
	return slices.Insert(all, i+1, e), i + 1
}

// stepPastTheTrust has work go on without any beat.
func stepPastTheTrust(t *testing.T, all []check.Entry) ([]check.Entry, int) {
	var begun check.Entry
	late := func(e check.Entry) bool {
		step, ok := e.Event.(check.Stepped)
		return ok && e.At > begun.At+2*time.Second && step.Term == begun.Event.(check.Began).Term
	}
	i := find(t, all, 0, func(e check.Entry) bool {
		_, begins := e.Event.(check.Began)
		begun = e
		return begins && slices.ContainsFunc(all, late)
	})
	begun = all[i]
	all = slices.DeleteFunc(all, func(e check.Entry) bool { return e.At > begun.At && !late(e) })
	return all, find(t, all, i, late)
}

// A history with one entry changed is refused at that entry, with what the model has there.
func TestAChangedStepIsRefused(t *testing.T) {
	all := history(t)
	for _, p := range plantedErrors {
		t.Run(p.name, func(t *testing.T) {
			changed, place := p.edit(t, slices.Clone(all))
			refused := trace.Follow(changed, true).Refused
			switch {
			case refused == nil:
				t.Fatalf("not refused: %v", changed[place])
			case refused.Place != place+1 || refused.Entry != changed[place]:
				t.Errorf("refused at entry %d, want %d: %v\n%v", refused.Place, place+1, changed[place], refused)
			case !strings.Contains(refused.String(), p.says) || !strings.Contains(refused.String(), refused.Entry.String()):
				t.Errorf("no %q in\n%v", p.says, refused)
			}
		})
	}
}
