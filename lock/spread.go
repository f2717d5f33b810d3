package lock

import (
	"context"
	"fmt"
	"sync"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/space"
)

// maxSpread is how many names a set may have: each look asks for all of them.
const maxSpread = 1000

// Spread keeps work running for every name, each on one process, with about as many
// on each process that calls it with the same set. When processes come and go, names
// move as little as possible, and only after their work has returned. It blocks until
// ctx ends and returns nil then. Work that returns by itself runs again after a
// back-off of 1 s to 1 min.
//
// Names are 1 to 1,000 different ones, of the form of a lock's name, as is the set. A name is no
// lock that [Space.Do] meets; it is the lock "+set+name" for [Space.Holders], which shows the
// processes of the set for "+set". Spread calls work once for each name before it runs any; nil
// is an [ErrConfig]. What work returns runs on a goroutine of its own, for one name beside the
// others: a panic in it ends the program. Its context ends with ctx, when the lock of the name
// goes, and with a cause that wraps election.ErrStepDown when the name moves. It must return
// then: nobody else gets the name before, but the other names go on. After a back-off it runs
// here again, with the same term. The back-off doubles, and is short again after a run of a
// minute. Errors of the work are logged.
//
// Processes share a set if they call Spread with its name, on one space; at most 256 do at a time.
// All should have the same names. While they differ, a name may have to wait for up to two leases
// for a process that knows it, and loads are less even.
//
// Errors: [ErrConfig], [ErrRunning] if this Space spreads the set already, [ErrClosed], and those
// of the server that need a person. All work has returned when Spread does.
func (s *Space) Spread(ctx context.Context, set string, names []string, work func(name string) Work) error {
	b, err := s.newSpread(set, names, work)
	if err != nil {
		return err
	}
	if causeOf(ctx) != nil {
		return nil
	}
	if err := s.enroll(b); err != nil {
		return err
	}
	defer s.dismiss(b) // until then the space is not closed
	ctx, cancel := context.WithCancel(ctx)
	defer b.parts.Wait()
	defer cancel()
	for {
		err := b.belong(ctx)
		switch {
		case causeOf(ctx) != nil:
			return nil
		case err != nil:
			return err
		}
		b.rest(ctx, nil, lookPause) // however often a membership ends at once
	}
}

// A spread is a call of [Space.Spread].
type spread struct {
	space *Space
	set   space.Set
	all   []*part
	locks []string // of all
	kick  chan struct{}
	parts sync.WaitGroup // goroutines of parts

	failing bool // the last look had no answer, and that is logged; of who looks

	mu     sync.Mutex
	byLock map[string]*part
}

// newSpread checks what is spread.
func (s *Space) newSpread(set string, names []string, work func(name string) Work) (*spread, error) {
	switch {
	case !space.IsName(set):
		return nil, fmt.Errorf("%w: set %.140q: give 1 to 128 characters of A-Z a-z 0-9 . _ : / - @", ErrConfig, set)
	case len(names) == 0 || len(names) > maxSpread:
		return nil, fmt.Errorf("%w: set %q: %d names: give 1 to %d, and let one name stand for several things if there are more", ErrConfig, set, len(names), maxSpread)
	case work == nil:
		return nil, fmt.Errorf("%w: set %q: the work is nil", ErrConfig, set)
	}
	b := &spread{space: s, set: space.Set(set), kick: make(chan struct{}, 1), byLock: make(map[string]*part, len(names))}
	for _, name := range names {
		p := &part{spread: b, name: name, lock: b.set.NameLock(name)}
		switch {
		case !space.IsName(name):
			return nil, fmt.Errorf("%w: set %q: name %.140q: give 1 to 128 characters of A-Z a-z 0-9 . _ : / - @", ErrConfig, set, name)
		case b.byLock[p.lock] != nil:
			return nil, fmt.Errorf("%w: set %q: name %q is there twice: give each name once", ErrConfig, set, name)
		}
		if p.work = work(name); p.work == nil {
			return nil, fmt.Errorf("%w: set %q: the work of name %q is nil", ErrConfig, set, name)
		}
		b.all, b.locks, b.byLock[p.lock] = append(b.all, p), append(b.locks, p.lock), p
	}
	return b, nil
}

// enroll notes that this Space spreads the set.
func (s *Space) enroll(b *spread) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spreads[b.set] != nil {
		return fmt.Errorf("%w: this Space spreads the set %q already: one call for a process is enough", ErrRunning, b.set)
	}
	if _, err := s.enter(); err != nil {
		return err
	}
	if s.spreads == nil {
		s.spreads = map[space.Set]*spread{}
	}
	s.spreads[b.set] = b
	return nil
}

func (s *Space) dismiss(b *spread) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.spreads, b.set)
	s.users--
}

// lookAt has who spreads a set look at it.
func (s *Space) lookAt(set space.Set) {
	if b := s.spreadOf(set); b != nil {
		nudge(b.kick)
	}
}

// lookWhoAsks has who spreads a set look at it, if the lock is of a name that it holds: somebody
// waits for that.
func (s *Space) lookWhoAsks(lock string) {
	set, is := space.SetOf(lock)
	if !is {
		return
	}
	if b := s.spreadOf(set); b != nil && b.holds(lock) {
		nudge(b.kick)
	}
}

func (s *Space) spreadOf(set space.Set) *spread {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.spreads[set]
}

// moved is the cause of the end of work whose name goes to another process.
func (b *spread) moved(name string) error {
	return fmt.Errorf("%w: name %q of set %q goes to another process", election.ErrStepDown, name, b.set)
}
