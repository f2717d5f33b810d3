package fresh

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
)

// ErrNoValue means that there was no value that has not expired until ctx ended, whose cause
// is wrapped, too. With an error that waiting does not mend, see [election.Permanent], it
// comes at once. What Redis answered last is wrapped, if that was an error.
var ErrNoValue = errors.New("fresh: no value")

// A Value is a value that one process keeps fresh and all read. It is safe for
// concurrent use. It has no goroutine, and at most two connections, which end with it.
type Value[T any] struct {
	fixed   *T
	reader  *reader
	name    string
	refresh Refresh[T]
}

// A Refresh makes a new value and says when it expires; the zero time is never. After
// an error it is called again with a back-off of 1 s to 1 min, and the old value stays
// until it expires.
//
// Its context ends with the term, and after 1 min, or after half of what is left of the old
// value's life if that is less, but not below 1 s: it must return then. Expires is by the
// clock of this process, as time.Now().Add(life): then it does not matter whether that clock
// is right. A panic is not recovered.
type Refresh[T any] func(ctx context.Context, term election.Term) (v T, expires time.Time, err error)

// New returns a value. It sends nothing; errors wrap [election.ErrConfig]. T is kept in
// Redis as JSON, or as it is if it is []byte; at most 1 MiB. A process that only reads
// gives no refresh and does not run Work.
func New[T any](rdb election.Redis, cfg Config, refresh Refresh[T]) (*Value[T], error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	if why := register.Unusable(rdb); why != "" {
		return nil, fmt.Errorf("%w: %s", election.ErrConfig, why)
	}
	if err := encodable[T](); err != nil {
		return nil, fmt.Errorf("%w: value %q: %w", election.ErrConfig, cfg.Name, err)
	}
	var clock seam.Clock = seam.NewSystem()
	if c, ok := rdb.(seam.Clocked); ok {
		clock = c.Clock()
	}
	s := &store{direct: register.NewDirect(rdb, connections, clock.Timer(attempt)), clock: clock, key: cfg.key()}
	v := &Value[T]{name: cfg.Name, refresh: refresh, reader: newReader(s, cfg, decode[T])}
	if c, ok := rdb.(seam.Holding); ok {
		c.Holds(s.key, v.reader.drop)
	}
	return v, nil
}

// Fixed returns a value that never changes, for tests of what reads it. Its Work waits for
// the end of ctx.
func Fixed[T any](v T) *Value[T] { return &Value[T]{fixed: &v} }

// Get returns the value. It reads memory; once the value is older than Every, one call
// of the process asks Redis, for 1 s at most, while others get the copy. It blocks only while
// there is no value: until the first comes or ctx ends, and then for the rest of that second
// if it is the one that asks. While it waits, the process asks after 50 ms, and then after
// pauses that double up to 1 s. Errors: [ErrNoValue]. Callers share what T points to, and
// must not change it.
func (v *Value[T]) Get(ctx context.Context) (T, error) {
	if v.fixed != nil {
		return *v.fixed, nil
	}
	value, err := v.reader.get(ctx)
	if err != nil {
		var none T
		return none, err
	}
	return *value.(*T), nil // decode and Work make nothing else
}

// Work is an [election.Work] that keeps the value fresh for as long as this process leads.
// Run it in the same election on all processes. A value that another term has made is kept
// until it is due. It looks every 5 s whether the value is still there.
//
// It returns nil when ctx has ended, and else an error: fence.ErrFenced when a later term has
// written; one for which [election.Permanent] is true, such as [election.ErrForeignRecord]
// when the key holds something else. All other troubles are logged.
func (v *Value[T]) Work(ctx context.Context, term election.Term) error {
	switch {
	case v.fixed != nil:
		<-ctx.Done()
		return nil
	case v.refresh == nil:
		return fmt.Errorf("%w: value %q has no refresh: give one to New in each process that runs Work", election.ErrConfig, v.name)
	case term <= 0:
		return fmt.Errorf("%w: value %q: term %d: give Work to an election", election.ErrConfig, v.name, term)
	}
	return newKeeper(v.reader, int64(term), v.renew).run(ctx)
}

// made is what a refresh returned.
type made struct {
	value   any // a *T
	bytes   []byte
	expires time.Time
}

// renew calls the refresh.
func (v *Value[T]) renew(ctx context.Context, term int64) (made, error) {
	value, expires, err := v.refresh(ctx, election.Term(term))
	if err != nil {
		return made{}, err
	}
	bytes, err := encode(value)
	return made{&value, bytes, expires}, err
}

// encodable refuses types that have no JSON.
func encodable[T any]() error {
	var zero T
	_, err := encode(zero)
	if _, ok := errors.AsType[*json.UnsupportedTypeError](err); ok {
		return fmt.Errorf("a value of type %T cannot be kept: %w", zero, err)
	}
	return nil
}

func encode[T any](v T) ([]byte, error) {
	if b, ok := any(v).([]byte); ok {
		return b, nil
	}
	return json.Marshal(v)
}

// decode returns a *T.
func decode[T any](text string) (any, error) {
	v := new(T)
	if b, ok := any(v).(*[]byte); ok {
		*b = []byte(text)
		return v, nil
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return nil, fmt.Errorf("it is no %T: %w", *v, err)
	}
	return v, nil
}
