package singleton_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
)

// With OnReturnStop, nil says that the work is done. A deadline that comes before is an
// error, whatever Keep was doing.
func TestADeadlineBeforeTheWorkIsDoneIsAnErrorOfOnReturnStop(t *testing.T) {
	tests := map[string]struct {
		before func(w *world)
		work   election.Work
		want   error
	}{
		"work was cut short": {work: obey, want: context.DeadlineExceeded},
		"work was cut short, and says nothing": {
			work: func(ctx context.Context, _ election.Term) error { <-ctx.Done(); return nil },
			want: context.DeadlineExceeded,
		},
		"work failed in the end": {
			work: func(ctx context.Context, _ election.Term) error { <-ctx.Done(); return errBoom },
			want: errBoom,
		},
		"never elected": {
			before: func(w *world) { w.candidate("leader").keep(obey, singleton.Policy{}); time.Sleep(time.Second) },
			work:   obey,
			want:   context.DeadlineExceeded,
		},
		"in a pause": {
			before: func(w *world) { w.redis.RequirePassword("right") },
			work:   obey,
			want:   context.DeadlineExceeded,
		},
		"done before": {work: func(context.Context, election.Term) error { time.Sleep(time.Second); return nil }},
		"done just then": {
			work: func(context.Context, election.Term) error {
				time.Sleep(59*time.Second + 999*time.Millisecond)
				return nil
			},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				if tc.before != nil {
					tc.before(w)
				}
				ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
				defer cancel()
				err := singleton.Keep(ctx, w.candidate("a").Elector, tc.work, singleton.Policy{OnReturn: singleton.OnReturnStop})
				if !errors.Is(err, tc.want) || tc.want == nil && err != nil {
					w.Errorf("Keep returned %v, want %v", err, tc.want)
				}
			})
		})
	}
}

// Keep inside the work of the same election would wait for itself.
func TestKeepInsideKeepOfTheSameElection(t *testing.T) {
	bubble(t, func(w *world) {
		var inner error
		k := w.candidate("a").keep(func(ctx context.Context, _ election.Term) error {
			inner = singleton.Run(ctx, w.redis.Client(), "x", obey)
			return inner
		}, singleton.Policy{OnReturn: singleton.OnReturnStop})
		if err := k.returned(); !errors.Is(err, election.ErrRunning) || err != inner || k.at != 0 {
			w.Errorf("Keep returned %v, Run inside %v, at %v; want ErrRunning at once", err, inner, k.at)
		}
	})
}

// Work that only waits, or that does something again and again, has not failed when
// it ends with its context: under Lead, too.
func TestWorkOfThisPackageEndsWithoutAnError(t *testing.T) {
	for name, work := range map[string]election.Work{
		"hooks": singleton.Hooks{}.Work(),
		"every": singleton.Every(time.Second, func(context.Context, election.Term) error { return nil }),
	} {
		bubble(t, func(w *world) {
			ctx, cancel := context.WithCancel(w.Context())
			time.AfterFunc(time.Minute, cancel)
			if err := w.candidate("a").Lead(ctx, work); err != nil || w.now() != time.Minute {
				w.Errorf("%s: Lead returned %v at %v", name, err, w.now())
			}
		})
	}
}

// The log says what to learn, in keys without spaces and durations that are read.
func TestWhatIsLoggedWhenWorkEndsByItself(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"nil":    {nil, "singleton: the work returned nil by itself; it must run until its context ends, for one run see singleton.OnReturnStop wait="},
		"failed": {errBoom, "singleton: the work ended by itself error=boom wait="},
	} {
		bubble(t, func(w *world) {
			c := w.candidate("a")
			c.keep(func(context.Context, election.Term) error { time.Sleep(time.Second); return tc.err }, singleton.Policy{})
			time.Sleep(2 * time.Second)
			lines := c.journal.with("by itself")
			if len(lines) != 1 {
				w.Fatalf("%s: logged %v", name, lines)
			}
			rest, ok := strings.CutPrefix(lines[0].text, tc.want)
			if _, err := time.ParseDuration(rest); !ok || err != nil {
				w.Errorf("%s: logged %q, want %q and a duration", name, lines[0].text, tc.want)
			}
		})
	}
}
