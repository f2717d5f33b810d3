package sim

import (
	"sync"
	"time"
)

// lanes is how many processes wait at instants that differ by themselves.
const lanes = 64

// slots hands out instants, each only once: a run repeats exactly only if no two
// waits end together. Each process has a lane of its own, so that it does not
// matter which of two processes asks first.
type slots struct {
	mu    sync.Mutex
	taken map[int64]struct{}
}

// after is d, and a few nanoseconds more.
func (s *slots) after(d time.Duration, proc int) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now().UnixNano()
	at := now + int64(max(d, 1))
	at += (int64(proc%lanes) - at%lanes + lanes) % lanes
	for s.isTaken(at) {
		at += lanes
	}
	s.taken[at] = struct{}{}
	if len(s.taken) > 1<<13 {
		s.forget(now)
	}
	return time.Duration(at - now)
}

func (s *slots) isTaken(at int64) bool {
	_, taken := s.taken[at]
	return taken
}

func (s *slots) forget(before int64) {
	for at := range s.taken {
		if at < before {
			delete(s.taken, at)
		}
	}
}
