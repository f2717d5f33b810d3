//go:build unix

package realserver_test

// Shows S3 on a server that freezes.

import (
	"errors"
	"testing"
	"time"

	"example.com/incumbent/election"
)

// A frozen server answers nobody and keeps its connections.
func TestRealServerFreezes(t *testing.T) {
	t.Parallel()
	o := newArena(t)
	a, b := o.candidate("a"), o.candidate("b")
	first := a.leader()
	next := b.lead()
	b.event(election.KindStandby)
	first.goesOn()
	o.server.Stop()
	if cause := first.over(); !errors.Is(cause, election.ErrExpired) {
		t.Errorf("cause %v, want %v", cause, election.ErrExpired)
	}
	if err := first.wait(); !errors.Is(err, election.ErrExpired) {
		t.Errorf("Lead = %v", err)
	}
	b.event(election.KindUnreachable)
	o.server.Cont()
	b.event(election.KindReachable, election.KindElected)
	next.begun()
	if next.term <= first.term {
		t.Errorf("term %d after %d", next.term, first.term)
	}
}

// A server freezes with a leader's last beats in its sockets and goes on after more
// than the lease. Then it executes them, and nobody waits a lease for their author.
func TestRealServerThawsAfterALease(t *testing.T) {
	t.Parallel()
	o := newArena(t)
	a, b := o.candidate("a"), o.candidate("b")
	first := a.leader()
	other := b.lead()
	b.event(election.KindStandby)
	first.goesOn()
	o.server.Stop()
	frozen := time.After(2 * a.Timing().Lease)
	_ = first.wait()
	again := a.lead()
	<-frozen
	o.server.Cont()
	thawed := time.Now()
	select {
	case <-other.elected:
	case <-again.elected:
	case <-time.After(a.Timing().Lease * 3 / 4):
		t.Errorf("nobody leads %v after the server went on", time.Since(thawed))
	}
}

func TestRealServerFreezesBriefly(t *testing.T) {
	t.Parallel()
	o := newArena(t)
	a, b := o.candidate("a", patient), o.candidate("b", patient)
	first := a.leader()
	b.lead()
	b.event(election.KindStandby)
	o.server.Stop()
	a.next().event(election.KindBeatFailed)
	o.server.Cont()
	first.goesOn()
}
