package realserver_test

// Shows Pause and Resume on a real server: a pause outlives who holds it and a loss of the
// data, and ends by the server's clock or by Resume.

import (
	"errors"
	"testing"
	"time"

	"example.com/incumbent/election"
)

func TestRealServerPauses(t *testing.T) {
	t.Parallel()
	o := newArena(t)
	network := o.server.Link()
	a, b, c, asker := o.join("a", o.server.ClientThrough(network)), o.candidate("b"), o.candidate("c"), o.candidate("ops")
	first := a.leader()
	if err := asker.Pause(t.Context(), time.Time{}, "upgrade"); err != nil {
		t.Fatal(err)
	}
	if err := first.wait(); !errors.Is(err, election.ErrStepDown) {
		t.Errorf("Lead = %v", err)
	}
	held := a.lead() // who holds the pause
	if ev := a.event(election.KindPaused); ev.By != "ops" || ev.Text != "upgrade" {
		t.Errorf("paused: %+v", ev)
	}
	next := b.lead()
	b.event(election.KindStandby)

	network.Cut() // as good as a kill to the others
	a.event(election.KindResumed)
	b.event(election.KindPaused)
	last := c.lead()
	c.event(election.KindStandby) // it has seen the pause
	o.admin("FLUSHALL")
	b.event(election.KindResumed)
	o.until("the pause is back", func() bool {
		leader, err := asker.Leader(t.Context())
		return err == nil && !leader.Nobody() && leader.Paused && leader.PauseReason == "upgrade"
	})
	if err := o.candidate("d").once().lead().wait(); !errors.Is(err, election.ErrPaused) {
		t.Errorf("TryLead in a pause = %v", err)
	}
	for _, s := range []*spell{held, next, last} {
		select {
		case <-s.elected:
			t.Errorf("%s works in a pause", s.m.ID())
		default:
		}
	}
	if err := asker.Resume(t.Context(), "done"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-next.elected:
	case <-last.elected:
	case <-time.After(patience):
		t.Error("nobody works after Resume")
	}
}

// The time of a pause is the server's: work never begins before it.
func TestRealServerEndsAPause(t *testing.T) {
	t.Parallel()
	o := newArena(t)
	a := o.candidate("a")
	a.leader().stop()
	now, err := o.server.Client().Time(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	until := now.Add(1500 * time.Millisecond)
	if err := a.Pause(t.Context(), until, ""); err != nil {
		t.Fatal(err)
	}
	s := a.leader()
	if early := until.Sub(s.at); early > 0 || -early > 2*time.Second { // the machine is the server's
		t.Errorf("work began %v before the end of the pause", early)
	}
	s.goesOn()
}
