package link

import "time"

// signal wakes everybody who waits for a change. The channel is made by the
// first who waits, so that it belongs to that goroutine's bubble and a change
// that nobody waits for costs nothing. The zero value is ready.
type signal struct{ ch chan struct{} }

// wait returns a channel that the next raise closes.
func (s *signal) wait() <-chan struct{} {
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

func (s *signal) raise() {
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}

// block is what a blocked call waits for before it looks again: a change, or
// the clock reaching until (if that is not zero).
type block struct {
	changed <-chan struct{}
	until   time.Time
}

// wait returns when the block may be over, or when done is closed.
func (b block) wait(done <-chan struct{}) {
	var clock <-chan time.Time
	if !b.until.IsZero() {
		timer := time.NewTimer(time.Until(b.until))
		defer timer.Stop()
		clock = timer.C
	}
	select {
	case <-b.changed:
	case <-clock:
	case <-done:
	}
}

// earlier returns the earlier of two times, of which zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// passed reports whether the clock has reached t; it never reaches zero.
func passed(t time.Time) bool {
	return !t.IsZero() && !time.Now().Before(t)
}
