package lock

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/space"
)

// A onceRequest is what a call of Once asks for besides its lock.
type onceRequest struct {
	key   string
	cfg   OnceConfig
	found *space.Result // that others have left
}

var errFound = errors.New("lock: there is a result")

func (o *onceRequest) retain() time.Duration { return o.cfg.Retain }

// onceOf is the request that releases the lock of a key; nil for every other name.
func onceOf(name string) *onceRequest {
	if key, is := strings.CutPrefix(name, space.OnceLock("")); is {
		return &onceRequest{key: key}
	}
	return nil
}

func (o *onceRequest) begin(ctx context.Context, c *call, a space.Ask) (space.Answer, error) {
	return c.session.link.store.Begin(ctx, space.Begin{
		Ask: a, Key: o.key, Fingerprint: o.cfg.Fingerprint, Retain: o.cfg.Retain, RunAgain: o.cfg.RunAgain, ID: c.session.space.cfg.ID,
	})
}

// answered acts on what only a request of Once is answered.
func (o *onceRequest) answered(s *Space, a space.Answer) error {
	switch {
	case o == nil:
		return fmt.Errorf("%w: an answer of unexpected kind %d", register.ErrUnavailable, a.Kind)
	case a.Kind == space.Mismatch:
		return fmt.Errorf("%w: %q of space %q", ErrMismatch, o.key, s.cfg.Name)
	}
	is, err := space.ParseResult(a.Result)
	switch {
	case err != nil:
		return s.explainResult(o.key, err)
	case a.Kind == space.HasResult:
		o.found = &is
		return errFound
	case a.Kind == space.Unresolved:
		by := Holder{ID: is.ID, Term: Term(is.Term), Since: space.Holder{Term: is.Term}.Since()}
		return &Error{Space: s.cfg.Name, Name: o.key, Holders: []Holder{by}, Err: ErrUnknownOutcome}
	}
	return fmt.Errorf("%w: an answer of unexpected kind %d", register.ErrUnavailable, a.Kind)
}

// once returns the result that is kept, or nil if fn has run now.
func (s *Space) once(ctx context.Context, key string, cfg OnceConfig, fn func(context.Context, Term) ([]byte, error)) (*space.Result, error) {
	cfg, err := cfg.complete(key)
	if err != nil {
		return nil, err
	}
	o := &onceRequest{key: key, cfg: cfg}
	q := request{name: space.OnceLock(key), limit: 1, wait: forever, once: o}
	if cfg.NoWait {
		q.wait = 0
	}
	if s.inside(ctx, q.name) != nil {
		return nil, fmt.Errorf("%w: ctx works for key %q of space %q already", ErrInProgress, key, s.cfg.Name)
	}
	c, err := s.take(ctx, q)
	switch {
	case err == nil:
		return nil, c.runOnce(fn)
	case !errors.Is(err, errFound):
		return nil, o.refusal(err)
	case o.found.Status == space.Final:
		return o.found, errors.New(o.found.Body)
	case o.found.Status == space.TooLarge:
		return o.found, fmt.Errorf("%w: key %q of space %q, made by %q", ErrTooLarge, key, s.cfg.Name, o.found.ID)
	}
	return o.found, nil
}

// refusal names the key, not its lock.
func (o *onceRequest) refusal(err error) error {
	if e, ok := errors.AsType[*Error](err); ok && errors.Is(e.Err, ErrHeld) {
		e.Name = o.key
		if o.cfg.NoWait && len(e.Holders) > 0 {
			e.Err = ErrInProgress
		}
	}
	return err
}

// runOnce does the work, keeps what came of it, and gives the lock up. A panic leaves the mark:
// nobody knows what was done.
func (c *call) runOnce(fn func(context.Context, Term) ([]byte, error)) error {
	returned := false
	defer func() {
		if !returned {
			c.once = nil
			_ = c.finish(nil) // the panic says more
		}
	}()
	body, err := fn(&c.work, Term(c.work.term))
	returned = true
	result, told := c.once.result(c, body, err)
	if result == "" {
		return c.finish(err) // its release removes the mark
	}
	kept := c.keep(result)
	c.once = nil // what is left to be released is the lock alone
	return errors.Join(c.finish(told), kept)
}

// result is what to keep, nothing if the next call shall run again, and what the caller gets.
func (o *onceRequest) result(c *call, body []byte, err error) (result string, told error) {
	is := space.Result{Status: space.Done, Fingerprint: o.cfg.Fingerprint, Term: c.work.term, ID: c.session.space.cfg.ID, Body: string(body)}
	final, isFinal := errors.AsType[*finalError](err)
	unkept, isUnkept := errors.AsType[*notKeptError](err)
	switch {
	case isFinal:
		is.Status = space.Final
		is.Body = final.Error()
		is.Body = is.Body[:min(len(is.Body), o.cfg.MaxResult)]
		return is.String(), err
	case isUnkept:
		is.Status = space.TooLarge
		return is.String(), fmt.Errorf("%w: key %q: %w", ErrTooLarge, o.key, unkept.error)
	case err != nil:
		return "", err
	case len(body) > o.cfg.MaxResult:
		is.Status = space.TooLarge
		return is.String(), fmt.Errorf("%w: key %q: %d bytes, MaxResult is %d", ErrTooLarge, o.key, len(body), o.cfg.MaxResult)
	}
	return is.String(), nil
}

// keep keeps a result: it is sent until it is answered, or trust has ended.
func (c *call) keep(result string) error {
	t, s, o := c.session, c.session.space, c.once
	for {
		kept, err := t.link.store.Finish(context.Background(), c.asked, o.key, result, o.retain())
		switch {
		case err == nil && kept:
			c.released = true
			return nil
		case err == nil:
			return c.work.because(fmt.Errorf("%w: the lock is not held any more: what was done is not kept", ErrLost))
		case !t.trusted(), errors.Is(err, register.ErrDenied), register.IsWrongType(err):
			return fmt.Errorf("lock: key %q of space %q: the work was done, and its result is not kept: %w", o.key, s.cfg.Name, s.explainResult(o.key, err))
		}
		time.Sleep(s.clock.Timer(s.timing.Retry()))
	}
}
