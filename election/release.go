package election

import (
	"context"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// release writes a vacancy over our own record. It reports whether it is known what
// became of the office, and whether we vacated it. It goes on with the bytes it is
// shown while they are ours: a beat whose reply was lost, or a request to step down,
// changed them, or a rollback brought older ones back. It gives up a lease after the
// last landed bytes, since others may take over by then, after ReleaseTimeout, and
// with ctx. The heirs are told first.
func (s *session) release(ctx context.Context, c *candidacy, rec record.Record, landed heartbeat.Instant, heirs []string) (known, vacated bool) {
	ctx, cancel := context.WithTimeout(ctx, s.clock.Timer(s.releaseBudget(c, rec, landed)))
	defer cancel()
	var unanswered bool
	trust := heartbeat.ForLease(rec.Lease).Trust
	for {
		sw := register.SwapTo(register.Contents{Present: true, Bytes: rec.String()}, rec.Next(record.Vacant), heirs...)
		answer, err := s.ask(ctx, c, register.Request{Place: c.place, Swap: sw})
		switch {
		case err == nil && (!answer.Readable() || answer.Rec.Grant() != rec.Grant()):
			return true, unanswered && follows(answer, rec) && s.clock.Now().Mono-landed.Mono < trust
		case err == nil && !answer.Rec.Held():
			return true, true
		case err == nil && answer.Bytes != rec.String():
			rec = answer.Rec
			continue
		}
		unanswered = true
		if err := s.pause(ctx, c.timing.Retry(), nil); err != nil {
			return false, false
		}
	}
}

// follows says that a record is of a later term. While that of another may still be
// trusted, it follows a vacancy.
func follows(s register.Observation, rec record.Record) bool {
	return s.Readable() && s.Rec.Held() && s.Rec.Term > rec.Term
}

// releaseBudget leaves room for one attempt in any case: a compare-and-set on our
// own bytes harms nobody, and an answer may just have shown them.
func (s *session) releaseBudget(c *candidacy, rec record.Record, landed heartbeat.Instant) time.Duration {
	left := rec.Lease - (s.clock.Now().Mono - landed.Mono)
	return max(c.timing.Attempt, min(c.cfg.ReleaseTimeout, left))
}

// leaveOffice releases what a tenure held, after its work has ended and its
// beats have stopped. Of a lost office there is nothing to release.
func (s *session) leaveOffice(t *tenure) {
	if t.gone {
		t.candidacy.memory.lost(t.owner)
		return
	}
	landed := t.pulse.Anchor()
	known, vacated := s.release(context.Background(), t.candidacy, t.rec, landed, t.heirs())
	switch {
	case vacated:
		t.report(Event{Kind: KindReleased, Lasted: t.drained})
	case !known:
		waited := t.clock.Now().Mono - landed.Mono
		gap := max(0, heartbeat.ForLease(t.rec.Lease).Failover().Worst-waited)
		t.report(Event{Kind: KindReleaseFailed, Wait: gap})
	}
}
