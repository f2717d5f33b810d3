package lock

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/space"
)

type receipt struct{ ID string }

// counting counts how often it runs, and takes a second.
type counting struct {
	mu   sync.Mutex
	runs int
	err  error
}

func (c *counting) fn(ctx context.Context, _ Term) (receipt, error) {
	c.mu.Lock()
	c.runs++
	n := c.runs
	c.mu.Unlock()
	select {
	case <-time.After(time.Second):
		return receipt{fmt.Sprint("r-", n)}, c.err
	case <-ctx.Done():
		return receipt{}, context.Cause(ctx)
	}
}

func (c *counting) expect(w *world, want int) {
	w.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.runs != want {
		w.Errorf("ran %d times, want %d", c.runs, want)
	}
}

func TestOnceRunsOnceForAll(t *testing.T) {
	bubble(t, true, func(w *world) {
		ps := []*process{w.process("a"), w.process("b"), w.process("c")}
		var c counting
		var all sync.WaitGroup
		for i := range 9 {
			all.Go(func() {
				got, err := Once(w.Context(), ps[i%3].Space, "k", OnceConfig{}, c.fn)
				if err != nil || got.ID != "r-1" {
					w.Errorf("%+v, %v", got, err)
				}
			})
		}
		all.Wait()
		if w.since() != time.Second {
			w.Errorf("after %v", w.since())
		}
		got, err := Once(w.Context(), ps[1].Space, "k", OnceConfig{NoWait: true}, c.fn) // also later ones
		if err != nil || got.ID != "r-1" {
			w.Errorf("%+v, %v", got, err)
		}
		c.expect(w, 1)
		w.at(2 * lease)
		if f := w.fields(); len(f) != 0 {
			w.Errorf("left: %v", f)
		}
		w.at(25 * time.Hour)
		if got, err = Once(w.Context(), ps[1].Space, "k", OnceConfig{}, c.fn); err != nil || got.ID != "r-2" {
			w.Errorf("after the retention: %+v, %v", got, err)
		}
	})
}

func TestOnceWithoutAWaitSaysWhoIsAtWork(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		var c counting
		go func() { _, _ = Once(w.Context(), a.Space, "k", OnceConfig{}, c.fn) }()
		w.at(time.Millisecond)
		for _, p := range []*process{a, b} {
			_, err := Once(w.Context(), p.Space, "k", OnceConfig{NoWait: true}, c.fn)
			var held *Error
			if !errors.Is(err, ErrInProgress) || !errors.As(err, &held) || held.Name != "k" || len(held.Holders) != 1 || held.Holders[0].ID != "a" {
				w.Error(err)
			}
			if err := p.ForgetOnce(w.Context(), "k"); !errors.Is(err, ErrHeld) {
				w.Error(err)
			}
		}
		c.expect(w, 1)
	})
}

func TestOnceRunsAgainWhatFailed(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		mine := errors.New("mine")
		bad, good := counting{err: mine}, counting{}
		done := make(chan error)
		go func() {
			_, err := Once(w.Context(), a.Space, "k", OnceConfig{}, bad.fn)
			done <- err
		}()
		w.at(time.Millisecond)
		go func() {
			got, err := Once(w.Context(), b.Space, "k", OnceConfig{}, func(ctx context.Context, term Term) (receipt, error) {
				// It was granted by a notification, and has asked all the same: its mark stands.
				is, err := space.ParseResult(b.client.Get(ctx, w.place.Once("k")).Val())
				if err != nil || is.Status != space.Started || is.Term != int64(term) || is.ID != "b" {
					w.Errorf("%+v, %v under term %d", is, err, term)
				}
				return good.fn(ctx, term)
			})
			if got.ID != "r-1" {
				w.Error(got)
			}
			done <- err
		}()
		if err := <-done; !errors.Is(err, mine) {
			w.Error(err)
		}
		if err := <-done; err != nil || w.since() != 2*time.Second {
			w.Errorf("%v after %v", err, w.since())
		}
	})
}

func TestAFinalErrorIsTheResult(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		mine := errors.New("no money")
		c := counting{err: Final(mine)}
		if _, err := Once(w.Context(), a.Space, "k", OnceConfig{}, c.fn); !errors.Is(err, mine) {
			w.Error(err)
		}
		if _, err := Once(w.Context(), b.Space, "k", OnceConfig{}, c.fn); err == nil || err.Error() != "no money" {
			w.Error(err)
		}
		c.expect(w, 1)
		if Final(nil) != nil {
			w.Error("an error of nil")
		}
	})
}

func TestAnotherFingerprintIsRefused(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a")
		var c counting
		if _, err := Once(w.Context(), a.Space, "k", OnceConfig{Fingerprint: "x\x00"}, c.fn); err != nil {
			w.Error(err)
		}
		if _, err := Once(w.Context(), a.Space, "k", OnceConfig{Fingerprint: "y"}, c.fn); !errors.Is(err, ErrMismatch) {
			w.Error(err)
		}
		if _, err := Once(w.Context(), a.Space, "k", OnceConfig{Fingerprint: "x\x00"}, c.fn); err != nil {
			w.Error(err)
		}
		c.expect(w, 1)
	})
}

// A process that dies in the middle leaves an outcome that nobody knows.
func TestACrashInTheMiddleOfOnce(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		var dies, other counting
		go func() {
			_, err := Once(w.Context(), a.Space, "k", OnceConfig{}, func(ctx context.Context, term Term) (receipt, error) {
				_, err := dies.fn(ctx, term)
				a.client.Cut()
				<-ctx.Done()
				return receipt{"r-a"}, err
			})
			if !errors.Is(err, ErrExpired) {
				w.Error(err)
			}
		}()
		w.at(2 * time.Second)
		_, err := Once(w.Context(), b.Space, "k", OnceConfig{}, other.fn)
		var unknown *Error
		if !errors.Is(err, ErrUnknownOutcome) || !errors.As(err, &unknown) || len(unknown.Holders) != 1 || unknown.Holders[0].ID != "a" || !unknown.Holders[0].Since.Equal(w.began) {
			w.Errorf("%v after %v", err, w.since())
		}
		if _, err = Once(w.Context(), b.Space, "k", OnceConfig{NoWait: true}, other.fn); !errors.Is(err, ErrUnknownOutcome) {
			w.Error(err)
		}
		other.expect(w, 0)
		if got, err := Once(w.Context(), b.Space, "k", OnceConfig{RunAgain: true}, other.fn); err != nil || got.ID != "r-1" {
			w.Error(got, err)
		}
		if err := b.ForgetOnce(w.Context(), "k"); err != nil {
			w.Error(err)
		}
		if got, err := Once(w.Context(), b.Space, "k", OnceConfig{}, other.fn); err != nil || got.ID != "r-2" {
			w.Error(got, err)
		}
	})
}

func TestAPanicInOnceLeavesAnUnknownOutcome(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a")
		func() {
			defer func() { _ = recover() }()
			_, _ = Once(w.Context(), a.Space, "k", OnceConfig{}, func(context.Context, Term) (int, error) { panic("mine") })
		}()
		var c counting
		if _, err := Once(w.Context(), a.Space, "k", OnceConfig{}, c.fn); !errors.Is(err, ErrUnknownOutcome) {
			w.Error(err)
		}
	})
}

func TestAResultThatIsTooLarge(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a")
		runs := 0
		large := func(context.Context, Term) ([]byte, error) {
			runs++
			return []byte(strings.Repeat("x", 64<<10+1)), nil
		}
		got, err := Once(w.Context(), a.Space, "k", OnceConfig{}, large)
		if !errors.Is(err, ErrTooLarge) || len(got) != 64<<10+1 {
			w.Error(len(got), err)
		}
		if got, err = Once(w.Context(), a.Space, "k", OnceConfig{}, large); !errors.Is(err, ErrTooLarge) || len(got) != 0 || runs != 1 {
			w.Error(len(got), err, runs)
		}
		got, err = Once(w.Context(), a.Space, "k2", OnceConfig{MaxResult: 1 << 20}, large)
		again, err2 := Once(w.Context(), a.Space, "k2", OnceConfig{}, large)
		if err != nil || err2 != nil || string(got) != string(again) || runs != 2 {
			w.Error(err, err2, runs)
		}
		type infinite struct{ F float64 }
		zero := 0.0
		_, err = Once(w.Context(), a.Space, "k3", OnceConfig{}, func(context.Context, Term) (infinite, error) { return infinite{1 / zero}, nil })
		if !errors.Is(err, ErrTooLarge) {
			w.Error(err)
		}
	})
}

// The answer to a finish is lost: it is sent again, and finds its own result.
func TestAFinishIsSentAgain(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		got, err := Once(w.Context(), a.Space, "k", OnceConfig{}, func(context.Context, Term) (int, error) {
			synctest.Wait()
			a.client.LoseReplies(1)
			return 7, nil
		})
		if err != nil || got != 7 || w.since() > time.Second {
			w.Error(got, err, w.since())
		}
		got, err = Once(w.Context(), b.Space, "k", OnceConfig{}, func(context.Context, Term) (int, error) { return 8, nil })
		if err != nil || got != 7 {
			w.Error(got, err)
		}
	})
}

// Whoever gives up while it waits for a result, or whose request was executed unseen, leaves no
// mark of work that nobody does.
func TestWhoGivesUpLeavesNoMark(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		if err := a.Do(w.Context(), "warm", nothing); err != nil {
			w.Fatal(err)
		}
		synctest.Wait()
		a.client.LoseReplies(1)
		var c counting
		if _, err := Once(w.Context(), a.Space, "k", OnceConfig{NoWait: true}, c.fn); !errors.Is(err, ErrUnavailable) {
			w.Error(err)
		}
		if got, err := Once(w.Context(), b.Space, "k", OnceConfig{}, c.fn); err != nil || got.ID != "r-1" || w.since() > 2*time.Second {
			w.Errorf("%v, %v after %v", got, err, w.since())
		}
	})
}

// A late copy of a begin, after its call is over and its key forgotten, takes the lock and marks
// the key: both are cleared by who meets them.
func TestALateCopyOfABegin(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		_, release, err := a.Hold(w.Context(), "other", 0)
		if err != nil {
			w.Fatal(err)
		}
		synctest.Wait()
		ghost := space.Begin{Ask: space.Ask{Call: space.Call{Name: "#k", SID: a.session.sid, N: 77, Limit: 1}}, Key: "k", Retain: time.Hour}
		if got, err := a.link.store.Begin(w.Context(), ghost); err != nil || got.Kind != space.Grant {
			w.Fatal(got, err)
		}
		var c counting
		if got, err := Once(w.Context(), b.Space, "k", OnceConfig{}, c.fn); err != nil || got.ID != "r-1" || w.since() != time.Second {
			w.Errorf("%v, %v after %v", got, err, w.since())
		}
		_ = release()
	})
}

func TestBadInputOfOnce(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a")
		var c counting
		for name, of := range map[string]struct {
			key string
			cfg OnceConfig
		}{
			"a key with a space": {"a b", OnceConfig{}}, "no key": {"", OnceConfig{}}, "129 bytes": {strings.Repeat("k", 129), OnceConfig{}},
			"retain": {"k", OnceConfig{Retain: -1 * time.Second}}, "retain in ms": {"k", OnceConfig{Retain: 500}},
			"fingerprint": {"k", OnceConfig{Fingerprint: strings.Repeat("f", 65)}}, "result": {"k", OnceConfig{MaxResult: 2 << 20}}, "negative": {"k", OnceConfig{MaxResult: -1}},
		} {
			if _, err := Once(w.Context(), a.Space, of.key, of.cfg, c.fn); !errors.Is(err, ErrConfig) {
				w.Errorf("%s: %v", name, err)
			}
		}
		if _, err := Once[int](w.Context(), a.Space, "k", OnceConfig{}, nil); !errors.Is(err, ErrConfig) {
			w.Error(err)
		}
		if _, err := Once(w.Context(), a.Space, "k", OnceConfig{}, func(context.Context, Term) (chan int, error) { return nil, nil }); !errors.Is(err, ErrConfig) {
			w.Error(err)
		}
		if err := a.ForgetOnce(w.Context(), "a b"); !errors.Is(err, ErrConfig) {
			w.Error(err)
		}
		c.expect(w, 0)
		_, err := Once(w.Context(), a.Space, "k", OnceConfig{}, func(ctx context.Context, _ Term) (int, error) {
			_, err := Once(ctx, a.Space, "k", OnceConfig{}, func(context.Context, Term) (int, error) { return 1, nil })
			return 0, err
		})
		if !errors.Is(err, ErrInProgress) {
			w.Error(err)
		}
	})
}

// Keys that hold something else are left alone, and the error names them.
func TestAResultOfAnotherTypeIsLeftAlone(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a")
		c := w.redis.Client()
		var n counting
		key := w.place.Once("k")
		for name, put := range map[string]func() error{
			"list":  func() error { return c.RPush(w.Context(), key, "x").Err() },
			"bytes": func() error { return c.Set(w.Context(), key, "2 D x", 0).Err() },
		} {
			if err := c.Del(w.Context(), key).Err(); err != nil {
				w.Fatal(err)
			}
			if err := put(); err != nil {
				w.Fatal(err)
			}
			_, err := Once(w.Context(), a.Space, "k", OnceConfig{}, n.fn)
			if !errors.Is(err, election.ErrForeignRecord) || !strings.Contains(err.Error(), "DEL '"+key+"'") {
				w.Errorf("%s: %v", name, err)
			}
		}
		n.expect(w, 0)
	})
}
