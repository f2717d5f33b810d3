package election

import (
	"context"
	"time"

	"example.com/incumbent/heartbeat"
)

// release writes a vacancy over our own record and reports whether the office is
// no longer ours. It goes on with the bytes it is shown while they are ours: a
// beat whose reply was lost, or a request to step down, changed them. It gives up
// a lease after the last landed bytes, since others may take over by then, and
// after ReleaseTimeout.
func (e *Elector) release(s *session, rec record, landed heartbeat.Instant) bool {
	ctx, cancel := context.WithTimeout(context.Background(), s.clock.Timer(e.releaseBudget(s, rec, landed)))
	defer cancel()
	for {
		answer, err := s.swap(ctx, e, contents{true, rec.String()}, rec.next(vacant))
		switch {
		case err == nil && (!answer.readable() || answer.rec.owner() != rec.owner() || !answer.rec.held()):
			return true
		case err == nil && answer.rec.beat > rec.beat:
			rec = answer.rec
			continue
		}
		if err := s.pause(ctx, e.timing.Retry(), nil); err != nil {
			return false
		}
	}
}

func (e *Elector) releaseBudget(s *session, rec record, landed heartbeat.Instant) time.Duration {
	return min(e.cfg.ReleaseTimeout, rec.lease-(s.clock.Now().Mono-landed.Mono))
}

// leaveOffice releases what a tenure held, after its work has ended and its
// beats have stopped. Of a lost office there is nothing to release.
func (e *Elector) leaveOffice(t *tenure) {
	if t.gone {
		return
	}
	landed := t.pulse.Anchor()
	if e.release(t.session, t.rec, landed) {
		t.report(Event{Kind: Released})
		return
	}
	waited := t.clock.Now().Mono - landed.Mono
	gap := max(0, heartbeat.ForLease(t.rec.lease).Failover().Worst-waited)
	t.report(Event{Kind: ReleaseFailed, Gap: gap})
}
