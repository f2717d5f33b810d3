package election

import (
	"context"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// outcome is what became of a grant or a record of our own.
type outcome int

const (
	unknown    outcome = iota // no answer says it
	held                      // it stands
	vacated                   // it was released, by us
	superseded                // it is not there, nor will it be; whether we released it is not known
)

// release writes a vacancy over our own record, and returns what became of that: it is
// never held. It goes on with the bytes that an answer shows while they are ours: a beat
// whose reply was lost, or a request to step down, changed them, or a rollback brought
// older ones back. It gives up a lease after the last landed bytes, since others may take
// over by then, after ReleaseTimeout, and with ctx. The vacancy is published on these
// channels first.
func (s *session) release(ctx context.Context, c *candidacy, rec record.Record, landed heartbeat.Instant, first []string) outcome {
	ctx, cancel := context.WithTimeout(ctx, s.clock.Timer(s.releaseBudget(c, rec, landed)))
	defer cancel()
	var unanswered bool
	for {
		sw := register.SwapTo(register.Contents{Present: true, Bytes: rec.String()}, rec.Next(record.Vacant), first...)
		answer, err := s.ask(ctx, c, register.Request{Place: c.place, Swap: sw})
		switch {
		case err == nil && (!answer.Readable() || answer.Rec.Grant() != rec.Grant()):
			if unanswered && s.provesRelease(answer, rec, landed) {
				return vacated
			}
			return superseded
		case err == nil && !answer.Rec.Held():
			return vacated
		case err == nil && answer.Bytes != rec.String():
			rec = answer.Rec
			continue
		}
		unanswered = true
		if s.pause(ctx, c.timing.Retry(), nil); ctx.Err() != nil {
			return unknown
		}
	}
}

// provesRelease reports whether the record of another shows that an attempt of ours to
// release, whose answer was lost, was executed.
//
// The proof: others replace a held record only after its lease, which is longer than our
// trust in the bytes that landed last. Within that trust nobody could replace ours, so a
// later term can only have followed a vacancy, and nobody but us writes one over our record.
func (s *session) provesRelease(answer register.Observation, rec record.Record, landed heartbeat.Instant) bool {
	isLater := answer.Readable() && answer.Rec.Held() && answer.Rec.Term > rec.Term
	return isLater && s.clock.Now().Since(landed) < heartbeat.ForLease(rec.Lease).Trust
}

// releaseBudget leaves room for one attempt in any case: a compare-and-set on our
// own bytes harms nobody, and an answer may just have shown them.
func (s *session) releaseBudget(c *candidacy, rec record.Record, landed heartbeat.Instant) time.Duration {
	left := rec.Lease - s.clock.Now().Since(landed)
	return max(c.timing.Attempt, min(c.cfg.ReleaseTimeout, left))
}

// releaseTerm releases the record of a term, after its work has ended and its beats have
// stopped. If the record was lost there is nothing to release. The end of ctx does not
// end it.
func (s *session) releaseTerm(ctx context.Context, t *leadership) {
	if t.lost {
		t.memory.lost(t.grant)
		return
	}
	landed := t.pulse.Anchor()
	switch became := s.release(context.WithoutCancel(ctx), t.candidacy, t.rec, landed, t.notifyFirst()); {
	case became == vacated && t.hasBegun():
		t.report(Event{Kind: KindReleased, Lasted: t.drained})
	case became == unknown:
		waited := t.clock.Now().Since(landed)
		gap := max(0, heartbeat.ForLease(t.rec.Lease).Failover().Worst-waited)
		t.report(Event{Kind: KindReleaseFailed, Wait: gap})
	}
}
