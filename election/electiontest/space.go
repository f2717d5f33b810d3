package electiontest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
	"example.com/incumbent/internal/space"
)

// A Space is one space of locks in the hands of the test, open and free at first: the
// process under test waits for nothing. [Space.Hold] holds a lock as another process does.
// [Space.Revoke], [Space.Expire] and [Space.Quarantine] end what the process holds in the
// three ways in which locks are lost.
//
// Nothing is imitated. The process is one of package lock, which asks, beats and releases
// on real fields. A Space only writes what other processes could.
//
// When Revoke, Expire or Quarantine returns, the process knows, and the contexts of its
// works end a moment later: wait for what the work does, in a bubble with synctest.Wait. A
// process hears of a loss by its next beat. For that these methods wait, up to 2/15 of its
// lease: no time in a bubble, and 0.67 s outside with the default lease.
//
// The methods belong to the goroutine of the test, and end the test when what they ask for
// does not happen.
type Space struct {
	// Client is that of the process under test: hand it to lock.Open. Its network and its
	// clock are what Expire lets fail.
	Client *Client

	tb      testing.TB
	redis   *Redis
	name    string
	place   space.Place
	store   *space.Store  // of the other process
	changed chan struct{} // 1-slot: a process beats

	mu    sync.Mutex // held while the stand-in is looked into, but not while a client asks; see guard
	rival rivalSession
	lost  map[string]bool // sessions that were ended here and have not asked since
	beat  time.Time       // when a process last sent a beat, or what makes its session
}

const (
	// defaultSpace is the name of a space that lock.Config gives none.
	defaultSpace = "locks"
	// attempt is how long an answer to the other process may take.
	attempt = 5 * time.Second
)

// NewSpace returns a space of locks on a Redis and with a Client of its own: all that the
// test of one service needs. The code under test must use that name, "" for the default,
// and the default Prefix.
func NewSpace(tb testing.TB, name string) *Space {
	tb.Helper()
	return NewRedis(tb).Client().Space(name)
}

// Space returns the space of locks of that name, "" for the default, for the process
// behind this client. There can be one for each name on a Redis.
func (c *Client) Space(name string) *Space {
	tb := c.redis.tb
	tb.Helper()
	if name == "" {
		name = defaultSpace
	}
	if !space.IsName(name) || strings.Contains(name, "@") {
		tb.Fatalf("electiontest: space %.140q: give 1 to 128 characters of A-Z a-z 0-9 . _ : / -", name)
	}
	place := space.NewPlace(register.DefaultPrefix, name, 0)
	if c.redis.spaceAt(place.Key) != nil {
		tb.Fatalf("electiontest: there is a space %q on this Redis already; use that one", name)
	}
	// It is one server, where PUBLISH counts all who listen.
	asks := register.NewDirect(c.redis.Client(), 1, attempt)
	tb.Cleanup(asks.Stop)
	s := &Space{
		Client: c, tb: tb, redis: c.redis, name: name, place: place,
		store:   space.NewStore(asks, place, true, seam.NewSystem(), attempt),
		changed: make(chan struct{}, 1), rival: newRivalSession(), lost: map[string]bool{}, beat: time.Now(),
	}
	s.write("e", newEpoch(true, rivalSpaceLease))
	c.redis.addSpace(s)
	return s
}

// Hold holds a lock as another process until release is called, or the test ends. It takes
// no time if the lock is free, and else stands in the queue until it is. Another call of
// release does nothing, nor does one after the lock was lost.
func (s *Space) Hold(name string) (release func()) {
	s.tb.Helper()
	if !space.IsName(name) {
		s.tb.Fatalf("electiontest: lock %.140q: give 1 to 128 characters of A-Z a-z 0-9 . _ : / - @", name)
	}
	call := s.begin(name)
	release = sync.OnceFunc(func() { s.end(call) })
	if why := s.acquire(call); why != "" {
		release()
		s.tb.Fatalf("electiontest: lock %q of space %q was not free within %v: %s", name, s.name, patience, why)
	}
	s.tb.Cleanup(release)
	return release
}

// acquire asks until the call holds the lock, or says why it does not.
func (s *Space) acquire(call space.Call) (why string) {
	deadline := time.Now().Add(patience)
	for pause := repush; ; pause = min(2*pause, time.Second) {
		a, err := s.store.Acquire(context.Background(), space.Ask{Call: call, Wait: true, Make: s.session()})
		if err == nil && a.Kind == space.Grant {
			return ""
		}
		if time.Now().After(deadline) {
			return reason(a, err)
		}
		time.Sleep(pause)
	}
}

// reason is what a call was last answered.
func reason(a space.Answer, err error) string {
	switch {
	case err != nil:
		return err.Error()
	case a.Kind != space.Held:
		return "the space is closed, and no process opens it"
	case len(a.Ahead) == 0:
		return "others wait for it"
	}
	return "it is held by " + a.Ahead[0].Session.ID + "; has its work ended?"
}

// end gives up what the call holds, and the other process leaves when it holds nothing.
// Where no answer comes, it is waited for as a process that has died.
func (s *Space) end(call space.Call) {
	_, _ = s.store.Release(context.Background(), call)
	if sid, bytes, leaves := s.left(); leaves {
		_, _ = s.store.Reap(context.Background(), sid, bytes)
	}
}

// Revoke takes all locks from the process under test: others have ended its session, as
// they do when it is silent for a lease. The contexts of its works end with lock.ErrLost,
// and others can have its locks at once. If several processes hold locks of the space, all
// lose them.
func (s *Space) Revoke() {
	s.tb.Helper()
	held := s.mustHold()
	s.forget(held)
	s.tell(held)
}

// Expire ends the trust of the process under test: by its clock, no beat was confirmed for
// too long. The contexts of its works end with lock.ErrExpired. The works have their grace
// to end in, and then their locks are released.
//
// With a process that was given the Client, Expire sets its wall clock forward, as resuming
// from a suspend does. With one that was given the *redis.Client within, it is the network
// that fails, until trust is over: three fifths of the lease, which pass by themselves in a
// bubble, and really outside.
func (s *Space) Expire() {
	s.tb.Helper()
	t := heartbeat.ForLease(longest(s.mustHold()))
	if !s.Client.lent.Load() {
		s.Client.Cut()
		time.Sleep(t.Trust + t.Slack)
		s.Client.Heal()
		return
	}
	// Trust ends just before the next beat is due, where the process looks at its clock: else
	// the grace would have begun before the works can know. Jitter makes beats earlier by up
	// to a tenth.
	expireAfter(s.Client.clock, t.Trust, t.Beat-t.Beat/10-time.Millisecond, s.lastBeat)
	time.Sleep(time.Until(s.lastBeat().Add(t.Beat + time.Millisecond)))
}

// Quarantine closes the space as a loss of data does: all locks are lost, also those of
// Hold, and nobody gets one for a lease. The contexts of works end with lock.ErrLost.
func (s *Space) Quarantine() {
	s.tb.Helper()
	held := s.holding()
	s.lose()
	s.tell(held)
}

// mustHold is holding for what needs somebody who does.
func (s *Space) mustHold() map[string]time.Duration {
	s.tb.Helper()
	held := s.holding()
	if len(held) == 0 {
		s.tb.Fatalf("electiontest: no process of the test holds a lock of space %q; call this when its work has begun", s.name)
	}
	return held
}

// tell waits until the sessions that were ended have beaten, or should have: an answer
// tells them.
func (s *Space) tell(ended map[string]time.Duration) {
	t := heartbeat.ForLease(longest(ended))
	deadline := time.NewTimer(t.Beat + t.Attempt)
	defer deadline.Stop()
	for !s.told(ended) {
		select {
		case <-s.changed:
		case <-deadline.C:
			return
		}
	}
}

func longest(leases map[string]time.Duration) time.Duration {
	l := time.Duration(0)
	for _, lease := range leases {
		l = max(l, lease)
	}
	return l
}
