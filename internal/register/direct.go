package register

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// A Source is a Lua text and its digest.
type Source struct {
	text   string
	digest any // a string, boxed once
}

// NewSource returns a source of that text.
func NewSource(text string) *Source { return &Source{text, redis.NewScript(text).Hash()} }

// Text is what the server runs.
func (s *Source) Text() string { return s.text }

// Command begins the words of a command that runs the source with so many keys, and has room
// for so many more.
func (s *Source) Command(keys, room int) []any {
	return append(make([]any, 0, 3+room), "evalsha", s.digest, keys)
}

// A Direct sends single scripts, for who waits for nobody: no lane, no batch, and where the
// client is one of our own, no goroutine. It is safe for concurrent use.
type Direct struct {
	rdb    Client
	only   *redis.Client // our own, whose calls end at the deadlines of their contexts; else nil
	cut    func()
	target *Target
	places chan struct{}  // as many as connections: taken by who sends
	calls  sync.WaitGroup // beside their callers
}

// NewDirect returns one over a client of our own with so many connections, for one of which
// a call waits as long as an attempt, or over the client as it is if there can be none.
func NewDirect(rdb Client, connections int, attempt time.Duration) *Direct {
	d := &Direct{rdb: rdb, target: NewTarget(rdb), places: make(chan struct{}, connections)}
	if d.only, d.cut = derive(rdb, connections, attempt); d.only != nil {
		d.rdb = d.only
	}
	return d
}

// Client is what it sends over.
func (d *Direct) Client() Client { return d.rdb }

// Target is whom it reaches.
func (d *Direct) Target() *Target { return d.target }

// Cut ends the connections of a client of our own, and what waits for them.
func (d *Direct) Cut() { d.cut() }

// Stop closes a client of our own and waits for what is under way.
func (d *Direct) Stop() {
	d.cut()
	d.calls.Wait()
	if d.only != nil {
		_ = d.only.Close() // nothing that could be lost
	}
}

// Run sends a command that [Source.Command] began, once, and its text if the server does not
// know that. It waits for the answer for as long as the attempt may take, by package time.
// With a client of our own it waits until the end of the attempt or the deadline of ctx, also
// if ctx is cancelled; and before that for a connection, at most as long again. After
// [ErrUnavailable] the script may have run or not.
func (d *Direct) Run(ctx context.Context, attempt time.Duration, s *Source, words []any) (any, error) {
	if err := d.enter(ctx, attempt); err != nil {
		return nil, err
	}
	defer func() { <-d.places }()
	if d.only == nil {
		return d.beside(ctx, attempt, s, words)
	}
	limit := until{time.Now().Add(attempt)}
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(limit.deadline) {
		limit.deadline = deadline
	}
	value, err := d.single(limit, s, words)
	if err != nil {
		err = d.explain(err, attempt)
	}
	return value, err
}

// enter waits for a connection in turn. Who waits in the client's pool instead uses up its
// attempt there: it sends when hardly any time is left, breaks the connection, and sends again.
// With thousands of calls at once nobody would be served.
func (d *Direct) enter(ctx context.Context, attempt time.Duration) error {
	select {
	case d.places <- struct{}{}:
		return nil
	default:
	}
	over := time.NewTimer(attempt)
	defer over.Stop()
	select {
	case d.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return d.target.ended(context.Cause(ctx))
	case <-over.C:
		return fmt.Errorf("%w: all %d connections to %s were in use for %v; ask for fewer things at once", ErrUnavailable, cap(d.places), d.target.Name(), attempt)
	}
}

// single sends the digest, and the text to who does not know that.
func (d *Direct) single(ctx context.Context, s *Source, words []any) (any, error) {
	value, err := d.send(ctx, words)
	if err != nil && says(err, "NOSCRIPT") {
		words = append([]any{"eval", s.text}, words[2:]...)
		value, err = d.send(ctx, words)
	}
	if errors.Is(err, redis.Nil) {
		err = nil
	}
	return value, err
}

func (d *Direct) send(ctx context.Context, words []any) (any, error) {
	cmd := redis.NewCmd(ctx, words...)
	if d.only != nil {
		err := d.only.Process(ctx, cmd)
		return cmd.Val(), err
	}
	_, err := d.rdb.Pipelined(ctx, func(p redis.Pipeliner) error { return p.Process(ctx, cmd) })
	if own := cmd.Err(); own != nil {
		err = own
	}
	return cmd.Val(), err
}

// beside runs a command beside a timer: a call can outlive its context by many seconds.
func (d *Direct) beside(ctx context.Context, attempt time.Duration, s *Source, words []any) (any, error) {
	type answer struct {
		value any
		err   error
	}
	answers := make(chan answer, 1) // what comes too late stays there
	over := time.NewTimer(attempt + lastWords)
	defer over.Stop()
	d.calls.Go(func() {
		call, cancel := context.WithTimeout(context.WithoutCancel(ctx), attempt)
		defer cancel()
		value, err := d.single(call, s, words)
		answers <- answer{value, err}
	})
	select {
	case a := <-answers:
		if a.err != nil {
			a.err = d.explain(a.err, attempt)
		}
		return a.value, a.err
	case <-ctx.Done():
		return nil, d.target.ended(context.Cause(ctx))
	case <-over.C:
		d.reload()
		return nil, d.target.Silent(attempt)
	}
}

// explain classifies an error. What a server says of a wrong type stays in it.
func (d *Direct) explain(err error, attempt time.Duration) error {
	if _, said := errors.AsType[redis.Error](err); said {
		d.target.heard()
	} else {
		d.reload()
	}
	return d.target.classify(err, attempt)
}

// reload asks a client that keeps a map of a cluster to read it anew; see [Register.reload].
func (d *Direct) reload() {
	if c, ok := d.rdb.(interface{ ReloadState(ctx context.Context) }); ok {
		c.ReloadState(context.Background())
	}
}

// IsWrongType reports whether a key is of another type than a script expects.
func IsWrongType(err error) bool {
	r, ok := errors.AsType[redis.Error](err)
	return ok && says(r, "WRONGTYPE")
}

// until is a context that has nothing but a deadline, and no timer: clients of our own set it
// as the deadline of their connections.
type until struct{ deadline time.Time }

func (u until) Deadline() (time.Time, bool) { return u.deadline, true }
func (until) Done() <-chan struct{}         { return nil }
func (until) Err() error                    { return nil }
func (until) Value(any) any                 { return nil }
