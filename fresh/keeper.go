package fresh

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
	"example.com/incumbent/heartbeat"
)

// The longest pauses after failures; the first ones are a second.
const (
	longestBackOff   = time.Minute // of the refresh
	longestRedisWait = lookEvery   // of Redis: a value in hand shall not wait
)

// A keeper is one call of Work: all of it runs on that goroutine.
type keeper struct {
	plan

	reader *reader
	store  *store
	term   int64
	renew  func(ctx context.Context, term int64) (made, error)

	failures *backoff.ExponentialBackOff // of the refresh
	troubles *backoff.ExponentialBackOff // of Redis

	server int64         // the time of Redis in microseconds, as the last answer showed it
	heard  time.Duration // when that answer was received
	hand   made          // what is to be written
	seen   head          // of what Redis held last; zero: nothing
	head   head          // of what is in hand, and then of what this term wrote last
}

func newKeeper(r *reader, term int64, renew func(context.Context, int64) (made, error)) *keeper {
	return &keeper{
		reader: r, store: r.store, term: term, renew: renew,
		failures: newBackOff(longestBackOff), troubles: newBackOff(longestRedisWait),
	}
}

// newBackOff returns pauses that double from a second. One process refreshes, so they need no
// jitter.
func newBackOff(longest time.Duration) *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(time.Second), backoff.WithMaxInterval(longest), backoff.WithMultiplier(2),
		backoff.WithRandomizationFactor(0), backoff.WithMaxElapsedTime(0),
	)
}

// run works until ctx ends.
func (k *keeper) run(ctx context.Context) error {
	for ctx.Err() == nil {
		election.Progress(ctx)
		step, wait := k.next(k.now().Mono)
		var err error
		switch step {
		case rest:
			k.rest(ctx, wait)
		case look:
			err = k.look(ctx)
		case write:
			err = k.write(ctx)
		case renew:
			if k.refresh(ctx) {
				err = k.write(election.Drain(ctx)) // leadership is kept until Work returns
			}
		}
		if err != nil && ctx.Err() == nil {
			if errors.Is(err, fence.ErrFenced) || election.Permanent(err) {
				return err
			}
			k.failed("fresh: no usable answer of Redis", err, k.troubles)
		}
	}
	return nil
}

func (k *keeper) now() heartbeat.Instant { return k.store.clock.Now() }

// rest waits until there is something to do. When a reader of this process finds no value,
// that is to look.
func (k *keeper) rest(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(k.store.clock.Timer(wait))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-k.reader.nudge:
		k.lookAt = 0
	}
}

// failed logs a trouble, and says when to try again.
func (k *keeper) failed(what string, err error, b *backoff.ExponentialBackOff) {
	pause := b.NextBackOff()
	k.retryAt = k.now().Mono + pause
	k.reader.log.Warn(what, "error", err, "term", k.term, "retry_in", pause) //nolint:sloglint // there are only two
}

// look finds out what Redis holds, and when that is due.
func (k *keeper) look(ctx context.Context) error {
	c := k.reader.has.Load()
	a, err := k.store.read(ctx, c.known())
	if err != nil {
		return err
	}
	k.took(a)
	h, found, err := k.reader.take(a, c)
	if h.term == k.term {
		k.head.made = max(k.head.made, h.made)
	}
	undecodable, _ := errors.AsType[*decodeError](err)
	switch {
	case h.term > k.term:
		return k.store.fenced(k.term, h.term)
	case err != nil && undecodable == nil:
		return err
	case !found: // nobody has written one, Redis has forgotten it, or it has expired
		k.dueAt = a.received.Mono
	case h != k.seen:
		p := h.period(k.reader.every)
		age := min(max(0, micros(a.server-h.made*1000)), p)
		k.dueAt = a.received.Mono + p - age
	}
	k.seen = h
	return nil
}

// took notes the time of Redis: it was not earlier when the answer was received.
func (k *keeper) took(a answer) {
	k.server, k.heard = a.server, a.received.Mono
	k.lookAt = a.received.Mono + lookEvery
	k.troubles.Reset()
}

// serverTime is the time of Redis in milliseconds, or a little before it.
func (k *keeper) serverTime(at time.Duration) int64 {
	return (k.server + (at - k.heard).Microseconds()) / 1000
}

// refresh calls the refresh, and reports whether there is something to write.
func (k *keeper) refresh(ctx context.Context) bool {
	k.inHand = false
	began := k.now()
	m, err := k.call(ctx, began)
	ended := k.now()
	h := head{term: k.term, made: k.serverTime(began.Mono)}
	if err == nil {
		h.expires, err = k.expiry(m, ended)
	}
	if err != nil {
		if ctx.Err() == nil {
			k.failed("fresh: the refresh failed", err, k.failures)
		}
		return false
	}
	k.failures.Reset()
	k.dueAt = began.Mono + h.period(k.reader.every)
	h.made = max(h.made, k.head.made+1) // also after the clock of Redis was set back
	k.hand, k.head, k.inHand = m, h, true
	return true
}

// call calls the refresh with a context that ends in time for another try.
func (k *keeper) call(ctx context.Context, now heartbeat.Instant) (made, error) {
	left := time.Duration(0)
	if c := k.reader.has.Load(); c.alive(now) {
		left = c.left - c.age(now)
	}
	limited, cancel := context.WithTimeout(ctx, k.store.clock.Timer(bound(left)))
	defer cancel()
	return k.renew(limited, k.term)
}

// expiry is when what was made expires, by the clock of Redis; 0 is never.
func (k *keeper) expiry(m made, now heartbeat.Instant) (int64, error) {
	if len(m.bytes) > maxSize {
		return 0, fmt.Errorf("a value of %d bytes: at most %d can be kept; keep it elsewhere, and its address here", len(m.bytes), maxSize)
	}
	if m.expires.IsZero() {
		return 0, nil
	}
	left := time.Until(m.expires)
	if left <= 0 {
		return 0, fmt.Errorf("a value that expired %v ago, at %s: return it with the time at which it will expire, by the clock of this process",
			-left, m.expires.UTC().Format(time.RFC3339))
	}
	return k.serverTime(now.Mono) + left.Milliseconds(), nil
}

// write writes what is in hand, and keeps it for the readers of this process.
func (k *keeper) write(ctx context.Context) error {
	a, err := k.store.write(ctx, k.head, k.hand.bytes)
	if err != nil {
		return err
	}
	k.took(a)
	k.inHand = false
	k.reader.keep(newHeld(k.head, k.hand.value, a, k.reader.every, k.store.clock.Float64()))
	k.hand, k.seen = made{}, k.head
	return nil
}
