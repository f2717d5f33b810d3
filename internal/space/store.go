package space

import (
	"context"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
)

// A Runner runs scripts: see [register.Direct].
type Runner interface {
	// Run sends a command that the source began, once.
	Run(ctx context.Context, attempt time.Duration, s *register.Source, words []any) (any, error)
}

// A Store is a space in Redis. Each method sends one script once, and blocks for as long as
// an attempt may take. Every script may be sent again, and copies of it do no harm. Errors are
// those of the server, or wrap [ErrForeign]; then nothing was done, or nothing is known. It is
// safe for concurrent use.
type Store struct {
	Place Place

	runner  Runner
	clock   seam.Clock
	attempt time.Duration
	key     any // Place.Key, boxed once
	counts  any // whether PUBLISH counts all listeners, and the suffix of channels
}

// NewStore returns the space at a place. Exact says that PUBLISH counts all listeners: there is
// one server. An attempt may take that long by the clock.
func NewStore(r Runner, at Place, exact bool, clock seam.Clock, attempt time.Duration) *Store {
	counts := "0" + at.Suffix
	if exact {
		counts = "1" + at.Suffix
	}
	return &Store{Place: at, runner: r, clock: clock, attempt: attempt, key: at.Key, counts: counts}
}

// A Call is who asks for a lock: (SID, N) is used for one call only. Name and SID are texts,
// boxed once.
type Call struct {
	Name  any
	SID   any
	N     int64
	Limit int // seats
}

// An Ask is a request for a lock.
type Ask struct {
	Call

	Wait bool
	Make string // the bytes of the session, if it may be made; else empty
}

var (
	yes any = "1"
	no  any = "0"
)

func flag(on bool) any {
	if on {
		return yes
	}
	return no
}

// wall is the clock in µs, for comparison with the server's.
func wall(now heartbeat.Instant) any { return now.Wall.Microseconds() }

// Acquire asks for a seat.
func (s *Store) Acquire(ctx context.Context, a Ask) (Answer, error) {
	sent := s.clock.Now()
	w := append(acquire.Command(1, 9), s.key, a.Name, a.SID, a.N, a.Limit, flag(a.Wait), a.Make, wall(sent), s.counts)
	return s.answer(ctx, acquire, w, sent)
}

// Release gives a seat up, or the wait for one. False: the call held none.
func (s *Store) Release(ctx context.Context, c Call) (bool, error) {
	w := append(release.Command(1, 7), s.key, c.Name, c.SID, c.N, c.Limit, wall(s.clock.Now()), s.counts)
	return asBool(s.run(ctx, release, w))
}

// Beat replaces the bytes of a session, and returns what they are now; empty if there is none.
func (s *Store) Beat(ctx context.Context, sid, expect, next string) (string, error) {
	return asText(s.run(ctx, beat, append(beat.Command(1, 4), s.key, sid, expect, next)))
}

// Reap ends a session that has exactly these bytes. It returns what they are now; empty if
// there is no such session.
func (s *Store) Reap(ctx context.Context, sid, expect string) (string, error) {
	return asText(s.run(ctx, reap, append(reap.Command(1, 3), s.key, sid, expect)))
}

// A Sight is an epoch as an answer showed it.
type Sight struct {
	Bytes          string // empty: there is none
	Epoch          Epoch
	Sent, Received heartbeat.Instant
}

// Look reads the epoch.
func (s *Store) Look(ctx context.Context) (Sight, error) { return s.found(ctx, "", "") }

// Found replaces the epoch that has exactly these bytes, or its absence, and returns what it is
// now.
func (s *Store) Found(ctx context.Context, expect string, next Epoch) (Sight, error) {
	return s.found(ctx, expect, next.String())
}

func (s *Store) found(ctx context.Context, expect, next string) (Sight, error) {
	sent := s.clock.Now()
	bytes, err := asText(s.run(ctx, found, append(found.Command(1, 3), s.key, expect, next)))
	if err != nil {
		return Sight{}, err
	}
	return NewSight(bytes, sent, s.clock.Now())
}

// NewSight reads the bytes of an epoch.
func NewSight(bytes string, sent, received heartbeat.Instant) (Sight, error) {
	is := Sight{Bytes: bytes, Sent: sent, Received: received}
	var err error
	if bytes != "" {
		is.Epoch, err = ParseEpoch(bytes)
	}
	return is, err
}

// Holders returns who holds the seats of a name.
func (s *Store) Holders(ctx context.Context, name string) ([]Seat, error) {
	return asSeats(s.run(ctx, holders, append(holders.Command(1, 3), s.key, name, MaxSeats)))
}

// A Step is what a step of a cleanup met.
type Step struct {
	Cursor         string            // of the next step; "0" is the first
	Sessions       map[string]string // bytes, by sid
	Own            []Own             // calls of this session
	Epoch          string            // bytes
	Sent, Received heartbeat.Instant
}

// An Own is a seat that a session holds.
type Own struct {
	Name string
	N    int64
	Seat int
}

// Cleanup does one step of about so many fields.
func (s *Store) Cleanup(ctx context.Context, cursor string, fields int, sid string) (Step, error) {
	sent := s.clock.Now()
	value, err := s.run(ctx, cleanup, append(cleanup.Command(1, 6), s.key, cursor, fields, sid, wall(sent), s.counts))
	if err != nil {
		return Step{}, err
	}
	step, err := readStep(value)
	step.Sent, step.Received = sent, s.clock.Now()
	return step, err
}

// A Begin is a request to begin what is done once.
type Begin struct {
	Ask

	Key         string
	Fingerprint string
	Retain      time.Duration
	RunAgain    bool
	ID          string // of the process
}

// Begin asks for the lock of a key and marks its result as begun.
func (s *Store) Begin(ctx context.Context, b Begin) (Answer, error) {
	sent := s.clock.Now()
	w := append(begin.Command(2, 13), s.key, s.Place.Once(b.Key), b.Name, b.SID, b.N, flag(b.Wait), b.Make, Fingerprint(b.Fingerprint),
		b.Retain.Milliseconds(), flag(b.RunAgain), string(record.AppendLabel(nil, b.ID)), wall(sent), s.counts)
	return s.answer(ctx, begin, w, sent)
}

// Finish keeps the result of a key, or has the next call run again if it is empty, and gives
// the lock up. False: the call does not hold it.
func (s *Store) Finish(ctx context.Context, c Call, key, result string, retain time.Duration) (bool, error) {
	w := append(finish.Command(2, 10), s.key, s.Place.Once(key), c.Name, c.SID, c.N, result, retain.Milliseconds(), key, wall(s.clock.Now()), s.counts)
	return asBool(s.run(ctx, finish, w))
}

// Forget removes the result of a key, unless a call is at work: that is returned.
func (s *Store) Forget(ctx context.Context, key string) ([]Seat, error) {
	return asSeats(s.run(ctx, forget, append(forget.Command(2, 3), s.key, s.Place.Once(key), OnceLock(key))))
}

func (s *Store) run(ctx context.Context, script *register.Source, words []any) (any, error) {
	return s.runner.Run(ctx, s.clock.Timer(s.attempt), script, words)
}

func (s *Store) answer(ctx context.Context, script *register.Source, words []any, sent heartbeat.Instant) (Answer, error) {
	value, err := s.run(ctx, script, words)
	if err != nil {
		return Answer{}, err
	}
	a, err := readAnswer(value)
	a.Sent, a.Received = sent, s.clock.Now()
	return a, err
}
