package lock

import (
	"errors"
	"fmt"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/pubsub"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/space"
)

// A link is the connections of a space: for calls, for beats, which wait behind no call, and
// for notifications.
type link struct {
	calls, beats *register.Direct
	store        *space.Store
	beating      *space.Store // the same, for beats and what a session does besides
	source       *pubsub.Subscription
}

// How many connections there are at most. Those for calls are made as they are needed; a
// server handles so many at once without growing slower.
const (
	callConnections = 32
	beatConnections = 2
)

func (s *Space) newLink() *link {
	attempt := s.timing.Attempt
	l := &link{
		calls: register.NewDirect(s.rdb, callConnections, attempt),
		beats: register.NewDirect(s.rdb, beatConnections, attempt),
	}
	exact := register.CountsListeners(s.rdb)
	l.store = space.NewStore(l.calls, s.place, exact, s.clock, attempt)
	l.beating = space.NewStore(l.beats, s.place, exact, s.clock, attempt)
	l.source = pubsub.Subscribe(l.beats.Client(), s.clock, s.log)
	return l
}

// stop ends everything and waits for it.
func (l *link) stop() {
	l.source.Stop(l.beats.Cut)
	l.beats.Stop()
	l.calls.Stop()
}

// join begins a call. The first one makes the connections.
func (s *Space) join() (*link, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.enter()
}

// enter is join for who has the lock.
func (s *Space) enter() (*link, error) {
	if s.closed {
		return nil, ErrClosed
	}
	if s.link == nil {
		s.link = s.newLink()
	}
	s.users++
	return s.link, nil
}

func (s *Space) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users--
}

// explain names the key of an error about what is in it.
func (s *Space) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case register.IsWrongType(err):
		return s.foreign(s.place.Key, err)
	case errors.Is(err, space.ErrForeign):
		return s.foreign(s.place.Key, err)
	}
	return err
}

// foreign says which key holds something else, and how to repair it.
func (s *Space) foreign(key string, err error) error {
	return fmt.Errorf("%w: key %s holds something that is not of a space of locks, or of a later version (%w); look at it with redis-cli TYPE '%s', and if nothing needs it, redis-cli DEL '%s'",
		election.ErrForeignRecord, key, err, key, key)
}
