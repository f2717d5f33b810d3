package lock

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"example.com/incumbent/internal/space"
	"example.com/incumbent/internal/unit"
)

// OnceConfig is for [Once]. The zero OnceConfig works.
type OnceConfig struct {
	// Retain is how long the result is kept. Default: 24 h.
	Retain time.Duration
	// Fingerprint of the request, at most 64 bytes, such as a SHA-256: another one for
	// the same key is refused. Default: not compared.
	Fingerprint string
	// NoWait returns ErrInProgress instead of waiting for the call that is at work.
	NoWait bool
	// RunAgain runs fn again if the first call died in the middle, instead of
	// ErrUnknownOutcome.
	RunAgain bool
	// MaxResult bounds the encoded result, at most 1 MiB. Default: 64 KiB.
	MaxResult int
}

const (
	defaultRetain    = 24 * time.Hour
	defaultMaxResult = 64 << 10
	mostMaxResult    = 1 << 20
)

// complete returns the config with its defaults.
func (c OnceConfig) complete(key string) (OnceConfig, error) {
	switch meant := unit.Missing(c.Retain); {
	case !space.IsName(key):
		return c, fmt.Errorf("%w: key %.140q: give 1 to 128 characters of A-Z a-z 0-9 . _ : / - @, such as a hash of what you have", ErrConfig, key)
	case meant != "":
		return c, fmt.Errorf("%w: key %q: retain %v is shorter than a millisecond: did you mean %s?", ErrConfig, key, c.Retain, meant)
	case c.Retain < 0:
		return c, fmt.Errorf("%w: key %q: retain %v: give a positive one, or 0 for %v", ErrConfig, key, c.Retain, defaultRetain)
	case len(c.Fingerprint) > space.MaxFingerprint:
		return c, fmt.Errorf("%w: key %q: fingerprint of %d bytes: give at most %d, such as a SHA-256", ErrConfig, key, len(c.Fingerprint), space.MaxFingerprint)
	case c.MaxResult < 0 || c.MaxResult > mostMaxResult:
		return c, fmt.Errorf("%w: key %q: results of up to %d bytes: give at most %d, and keep what is larger elsewhere", ErrConfig, key, c.MaxResult, mostMaxResult)
	}
	if c.Retain == 0 {
		c.Retain = defaultRetain
	}
	if c.MaxResult == 0 {
		c.MaxResult = defaultMaxResult
	}
	return c, nil
}

// Once runs fn for the first call with this key, 1 to 128 characters as in a lock's name;
// others, also later ones, get what it returned. If fn fails, the next call runs it again,
// unless the error is [Final]. If fn panics, its outcome is unknown. T is kept as JSON, or as it
// is if it is []byte. If Redis loses the result, fn runs again: where that is money, keep the
// key in the transaction, too.
//
// Like [Space.Do] it waits until ctx ends, and runs fn on the calling goroutine. Errors: those
// of fn and of Do, [ErrInProgress], [ErrMismatch], [ErrUnknownOutcome], [ErrTooLarge]. With
// [ErrTooLarge], and with [ErrLost], [ErrExpired] or [ErrUnavailable] after fn has returned
// without an error, comes what fn returned: it is done, but not kept.
func Once[T any](ctx context.Context, s *Space, key string, cfg OnceConfig, fn func(ctx context.Context, term Term) (T, error)) (T, error) {
	var got T
	if fn == nil {
		return got, fmt.Errorf("%w: key %q: fn is nil", ErrConfig, key)
	}
	if _, err := encode(got); err != nil {
		return got, fmt.Errorf("%w: key %q: %T cannot be kept: %w", ErrConfig, key, got, err)
	}
	kept, err := s.once(ctx, key, cfg, func(ctx context.Context, term Term) ([]byte, error) {
		var err error
		if got, err = fn(ctx, term); err != nil {
			return nil, err
		}
		body, err := encode(got)
		if err != nil {
			return nil, &notKeptError{err}
		}
		return body, nil
	})
	if kept != nil && err == nil {
		err = decode(kept.Body, &got)
	}
	return got, err
}

// Final marks an error of fn as its result: later calls of [Once] get it, as text.
func Final(err error) error {
	if err == nil {
		return nil
	}
	return &finalError{err}
}

type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

// notKeptError says why what fn returned cannot be kept.
type notKeptError struct{ error }

// encode is a value as it is kept.
func encode[T any](v T) ([]byte, error) {
	if raw, ok := any(v).([]byte); ok {
		return raw, nil
	}
	return json.Marshal(v)
}

func decode[T any](body string, into *T) error {
	if raw, ok := any(into).(*[]byte); ok {
		*raw = []byte(body)
		return nil
	}
	if err := json.Unmarshal([]byte(body), into); err != nil {
		return fmt.Errorf("lock: the result that is kept is no %T: %w", *into, err)
	}
	return nil
}

// ForgetOnce removes what Once knows of key. [ErrHeld]: a call is at work, see [Error]. It
// blocks for an attempt at most, a tenth of the lease.
func (s *Space) ForgetOnce(ctx context.Context, key string) error {
	if _, err := (OnceConfig{}).complete(key); err != nil {
		return err
	}
	l, err := s.join()
	if err != nil {
		return err
	}
	defer s.leave()
	at, err := l.store.Forget(ctx, key)
	switch {
	case err != nil:
		return s.explainResult(key, err)
	case len(at) > 0:
		return &Error{Space: s.cfg.Name, Name: key, Holders: holdersOf(at), Err: ErrHeld}
	}
	return nil
}

// explainResult is explain for what concerns a result.
func (s *Space) explainResult(key string, err error) error {
	if errors.Is(err, space.ErrForeign) && errors.Is(err, space.ErrResult) {
		return s.foreign(s.place.Once(key), err)
	}
	return s.explain(err)
}
