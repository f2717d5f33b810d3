package lock

import (
	"context"
	"slices"
	"time"
)

// A line is who asks for a name in this process: one stands in Redis, the others queue here,
// first come, first served.
type line struct {
	queue   []chan struct{} // a channel is closed when its call stands
	waiting bool            // the one that stands has been refused
	next    *line           // in the list of those to be used again
}

// A place is where a call is in the line of its name.
type place int

const (
	stands  place = iota // in Redis, for this process
	beside               // it does not wait, and asks although another stands
	refused              // it does not wait, and others do; or its wait is over
)

// stand returns when this call stands in Redis for the name, or shall not.
func (s *Space) stand(ctx context.Context, name string, w *wait) place {
	s.mu.Lock()
	l := s.lines[name]
	if l == nil {
		s.lines[name] = s.newLine()
		s.mu.Unlock()
		return stands
	}
	if w.none() {
		defer s.mu.Unlock()
		if l.waiting || len(l.queue) > 0 {
			return refused
		}
		return beside
	}
	turn := make(chan struct{})
	l.queue = append(l.queue, turn)
	s.mu.Unlock()
	if w.until(ctx, turn, nil, forever) == woken {
		return stands
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := slices.Index(l.queue, turn); at >= 0 {
		l.queue = slices.Delete(l.queue, at, at+1)
	} else {
		s.passOn(name) // it was this call's turn meanwhile
	}
	return refused
}

// passOn has the next call stand in Redis. The caller, which stood, has the lock.
func (s *Space) passOn(name string) {
	l := s.lines[name]
	l.waiting = false
	if len(l.queue) > 0 {
		close(l.queue[0])
		l.queue = l.queue[1:]
		return
	}
	delete(s.lines, name)
	l.queue, l.next, s.idle = nil, s.idle, l
}

func (s *Space) newLine() *line {
	l := s.idle
	if l == nil {
		return &line{}
	}
	s.idle, l.next = l.next, nil
	return l
}

// A wait is how long a call waits for its lock, and since when.
type wait struct {
	space *Space
	limit time.Duration // forever: until the context ends
	began time.Duration // by the monotonic clock
}

type waited int

const (
	woken waited = iota
	turned
	paused
	ended // the context's, or that of the wait
)

func (w *wait) none() bool { return w.limit == 0 }

// left is how much longer the call waits.
func (w *wait) left() time.Duration { return w.limit - w.passed() }

func (w *wait) passed() time.Duration { return w.space.clock.Now().Mono - w.began }

// over reports whether the call waits no longer.
func (w *wait) over() bool { return w.limit != forever && w.left() <= 0 }

// until waits for a wake or a turn, but not longer than for a pause, unless that is forever.
func (w *wait) until(ctx context.Context, wake, turn <-chan struct{}, pause time.Duration) waited {
	result := paused
	if w.limit != forever {
		if left := max(0, w.left()); pause == forever || left <= pause {
			pause, result = left, ended
		}
	}
	var alarm <-chan time.Time
	if pause != forever {
		t := time.NewTimer(w.space.clock.Timer(pause))
		defer t.Stop()
		alarm = t.C
	}
	select {
	case <-wake:
		result = woken
	case <-turn:
		result = turned
	case <-ctx.Done():
		result = ended
	case <-alarm:
	}
	w.space.clock.Now() // where a stalled process stays stalled
	return result
}
