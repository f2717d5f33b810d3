package realserver_test

// Shows S1, S2 and S7 on a real server: elections, takeovers, the first start of a name.

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/election"
)

func TestRealServerElectsAndHandsOver(t *testing.T) {
	t.Parallel()
	o := newArena(t)
	a, b, c := o.candidate("a"), o.candidate("b"), o.candidate("c")
	first := a.leader()
	if l, want := o.leading(b), (election.Leader{ID: "a", Term: first.term, Meta: "meta of a", Lease: 2 * time.Second}); l != want {
		t.Errorf("the record names %+v, want %+v", l, want)
	}
	second, third := b.lead(), c.lead()
	b.event(election.KindStandby)
	c.event(election.KindStandby)
	first.goesOn()
	stopped := time.Now()
	first.stop()
	winner, other := second, third
	select {
	case <-second.elected:
	case <-third.elected:
		winner, other = third, second
	case <-time.After(patience):
		t.Fatal("nobody was elected")
	}
	if took := winner.at.Sub(stopped); took > time.Second {
		t.Errorf("handed over after %v: that is no push", took)
	}
	if l := o.leading(a); l.ID != winner.m.ID() || l.Term != winner.term {
		t.Errorf("the record names %+v, want %s", l, winner.m.ID())
	}
	winner.stop()
	other.begun()
	other.stop()
	if l := o.leading(a); !l.Nobody() {
		t.Errorf("the record names %+v after everybody stopped", l)
	}
}

func TestRealServerTakesOverFromTheDead(t *testing.T) {
	t.Parallel()
	o := newArena(t)
	network := o.server.Link()
	a, b := o.join("a", o.server.ClientThrough(network)), o.candidate("b")
	dead := a.leader()
	next := b.lead()
	b.event(election.KindStandby)
	dead.goesOn()
	network.Cut() // as good as a crash to the others
	cut := time.Now()
	if cause := dead.over(); !errors.Is(cause, election.ErrExpired) {
		t.Errorf("cause %v, want %v", cause, election.ErrExpired)
	}
	next.begun()
	bounds := b.Timing().Failover()
	if took := next.at.Sub(cut); took < bounds.Earliest || took > bounds.Worst+time.Second {
		t.Errorf("taken over after %v, want %v to %v", took, bounds.Earliest, bounds.Worst)
	}
	if err := dead.wait(); !errors.Is(err, election.ErrExpired) {
		t.Errorf("Lead = %v", err)
	}
}

func TestRealServerFirstStartEverWaitsALease(t *testing.T) {
	t.Parallel()
	o := newArena(t)
	a := o.candidate("a", quarantine)
	begin := time.Now()
	s := a.leader()
	if took := s.at.Sub(begin); took < 2*time.Second {
		t.Errorf("elected after %v", took)
	}
	if ev := a.event(election.KindQuarantined); ev.Wait != 2*time.Second {
		t.Errorf("quarantined for %v", ev.Wait)
	}
}

func TestRealServerTryLead(t *testing.T) {
	t.Parallel()
	o := newArena(t)
	began := time.Now()
	s := o.candidate("a", quarantine).once().leader()
	if took := s.at.Sub(began); took < 2*time.Second {
		t.Errorf("a new election: elected after %v, before its quarantine was over", took)
	}
	held, _ := errors.AsType[*election.Error](o.candidate("b").once().lead().wait())
	if !errors.Is(held, election.ErrHeld) || held.Leader.ID != "a" || held.Leader.Term != s.term {
		t.Errorf("a held election: %v", held)
	}
	s.stop()
	o.candidate("b").once().leader().stop()
}

func TestRealServerStepDown(t *testing.T) {
	t.Parallel()
	o := newArena(t)
	a, b := o.candidate("a", patient, func(c *election.Config) { c.CoolDown = time.Minute }), o.candidate("b", patient)
	if err := b.StepDown(t.Context(), ""); !errors.Is(err, election.ErrNoElection) || !strings.Contains(err.Error(), o.server.Addr()) {
		t.Errorf("StepDown without a record: %v, want the address in it", err)
	}
	first := a.leader()
	second := b.lead()
	b.event(election.KindStandby)
	if err := b.StepDown(t.Context(), ""); err != nil {
		t.Errorf("StepDown: %v", err)
	}
	if cause := first.over(); !errors.Is(cause, election.ErrStepDown) {
		t.Errorf("cause %v", cause)
	}
	if err := first.wait(); !errors.Is(err, election.ErrStepDown) {
		t.Errorf("Lead = %v", err)
	}
	second.begun()
	if took := second.at.Sub(a.event(election.KindReleased).Time); took > time.Second {
		t.Errorf("handed over after %v", took)
	}
}

func TestRealServerIsObserved(t *testing.T) {
	t.Parallel()
	o := newArena(t)
	a, b := o.candidate("a"), o.candidate("b")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	want := []string{"", "a", "", "b"}
	var spells []*spell
	for l, err := range o.candidate("observer").Observe(ctx) {
		if err != nil || l.ID != want[0] {
			t.Fatalf("%+v, %v; want %q", l, err, want[0])
		}
		want = want[1:]
		switch {
		case len(want) == 0:
			return
		case l.ID == "a":
			spells[0].cancel()
		case len(spells) == 0:
			spells = append(spells, a.lead())
		default:
			spells = append(spells, b.lead())
		}
	}
	t.Errorf("did not see %v", want)
}
