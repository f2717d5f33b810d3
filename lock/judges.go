package lock

import (
	"context"
	"sync"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/space"
)

// judges are what this process knows of other sessions: since when it sees their bytes.
type judges struct {
	mu    sync.Mutex
	known map[string]*heartbeat.Judge
	prune int // the next time when there are so many
}

// fewJudges are not worth looking for some to forget.
const fewJudges = 256

func newJudges() *judges {
	return &judges{known: map[string]*heartbeat.Judge{}, prune: fewJudges}
}

// judge takes in the bytes of a session. It reports whether they have stood for their lease,
// and if not, how much longer they must.
func (j *judges) judge(sid, bytes string, is space.Session, sent, received heartbeat.Instant) (silent bool, left time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	of := j.known[sid]
	if of == nil {
		j.forget(received)
		of = &heartbeat.Judge{}
		j.known[sid] = of
	}
	of.Observe(is.Sign(bytes), sent, received)
	return of.Silent(received)
}

// forget drops whom nobody has met for two leases of theirs, each time the number has doubled.
// The caller has the lock.
func (j *judges) forget(now heartbeat.Instant) {
	if len(j.known) < j.prune {
		return
	}
	for sid, of := range j.known {
		if b, _ := of.Beat(); now.Since(of.LastLook()) > 2*b.Lease {
			delete(j.known, sid)
		}
	}
	j.prune = max(fewJudges, 2*len(j.known))
}

// gone drops a session that has ended.
func (j *judges) gone(sid string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.known, sid)
}

// judge judges the sessions in the way, and ends those that have been silent for their lease.
// It returns when the first of the others will have been.
func (s *Space) judge(ctx context.Context, c *call, a space.Answer) (pause time.Duration, reaped bool) {
	t := c.session
	pause = s.timing.Beat
	for _, is := range a.Ahead {
		if is.Holder.SID == t.sid {
			t.chores.doubt(c.name, is.Holder.N)
			continue
		}
		ended, left := s.judgeOne(ctx, t.link.store, is.Holder.SID, is.Bytes, is.Session, a)
		reaped = reaped || ended
		if !ended {
			pause = min(pause, left)
		}
	}
	return pause, reaped
}

func (s *Space) judgeOne(ctx context.Context, store *space.Store, sid, bytes string, is space.Session, a space.Answer) (ended bool, left time.Duration) {
	s.epoch.known(is.Lease)
	silent, left := s.judges.judge(sid, bytes, is, a.Sent, a.Received)
	if !silent {
		return false, left
	}
	now, err := store.Reap(ctx, sid, bytes)
	if err != nil || now != "" {
		return false, s.timing.Retry()
	}
	s.judges.gone(sid)
	for _, t := range s.sessions() {
		t.wakeAll("") // it may have held what they wait for
	}
	return true, 0
}
