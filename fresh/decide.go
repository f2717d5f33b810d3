package fresh

import "time"

// A step is what a keeper does next.
type step int

const (
	rest  step = iota
	look       // at what Redis holds
	renew      // call the refresh
	write      // what the refresh returned
)

// plan is what a keeper knows. Times are by its monotonic clock.
type plan struct {
	retryAt time.Duration // after trouble: nothing is done before
	lookAt  time.Duration // when to see whether the value is still there; 0: at once
	dueAt   time.Duration // when to refresh
	inHand  bool          // a value is to be written
}

// lookEvery is how often a keeper sees whether the value is still there.
const lookEvery = 5 * time.Second

// next is what to do at that time, and how long there is nothing to do. A value in hand that
// could not be written until the next is due is given up.
func (p plan) next(now time.Duration) (step, time.Duration) {
	switch {
	case now < p.retryAt:
		return rest, p.retryAt - now
	case p.inHand && now < p.dueAt:
		return write, 0
	case p.lookAt == 0 || now >= p.lookAt && now < p.dueAt:
		return look, 0
	case now >= p.dueAt:
		return renew, 0
	}
	return rest, min(p.lookAt, p.dueAt) - now
}

// Bounds of how long a refresh may take.
const (
	longestRefresh  = time.Minute
	shortestRefresh = time.Second
)

// bound is how long a refresh may take while that much is left of the old value's life: there
// is time for another try. Without an old value it is the longest.
func bound(left time.Duration) time.Duration {
	if left <= 0 {
		return longestRefresh
	}
	return min(max(left/2, shortestRefresh), longestRefresh)
}
