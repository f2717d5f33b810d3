package singleton_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/singleton"
)

var errBoom = errors.New("boom")

// fail is work that fails a second after it began.
func fail(context.Context, election.Term) error {
	time.Sleep(time.Second)
	return errBoom
}

// drain is work that needs two seconds to end.
func drain(ctx context.Context, _ election.Term) error {
	<-ctx.Done()
	time.Sleep(2 * time.Second)
	return ctx.Err()
}

// Whatever Keep is doing: when its caller stops it, it returns nil, soon, and no
// leadership is left behind.
func TestKeepReturnsNilWhenStopped(t *testing.T) {
	hour := singleton.Policy{MinBackOff: time.Hour, MaxBackOff: time.Hour}
	tests := map[string]struct {
		cfg      func(*election.Config)
		options  func(*redis.Options)
		work     election.Work
		policy   singleton.Policy
		before   func(w *world, c *candidate)
		state    func(w *world, c *candidate) // brings about the state to be stopped in
		atMost   time.Duration                // that stopping takes
		exactly  bool
		recorded record.Status // status in the end
	}{
		"waiting for a quarantine": {
			cfg:      func(cfg *election.Config) { cfg.Bootstrap = election.BootstrapQuarantine },
			state:    func(*world, *candidate) { time.Sleep(5 * time.Second) },
			recorded: record.Quarantined,
		},
		"standing by": {
			before:   func(w *world, _ *candidate) { w.candidate("leader").keep(obey, singleton.Policy{}); synctest.Wait() },
			state:    func(*world, *candidate) { time.Sleep(time.Minute) },
			recorded: record.Led,
		},
		"leading": {
			state:    func(*world, *candidate) { time.Sleep(time.Minute) },
			recorded: record.Vacant,
		},
		"leading, with work that drains": {
			work:     drain,
			state:    func(*world, *candidate) { time.Sleep(time.Minute) },
			atMost:   2 * time.Second,
			exactly:  true,
			recorded: record.Vacant,
		},
		"draining after a request to step down": {
			work: drain,
			state: func(w *world, c *candidate) {
				time.Sleep(time.Minute)
				if err := c.StepDown(w.Context(), ""); err != nil {
					w.Fatal(err)
				}
				time.Sleep(500 * time.Millisecond)
				w.expectStatus(record.Draining)
			},
			atMost:   1500 * time.Millisecond,
			exactly:  true,
			recorded: record.Vacant,
		},
		"draining after an expiry": {
			work: drain,
			state: func(w *world, c *candidate) {
				time.Sleep(time.Minute)
				c.client.Cut()
				time.Sleep(10 * time.Second)
			},
			atMost:   9500 * time.Millisecond,
			recorded: record.Led,
		},
		"Redis turning dials away": {
			before: func(_ *world, c *candidate) { c.client.Cut() },
			state:  func(*world, *candidate) { time.Sleep(time.Minute) },
			atMost: 5 * time.Second,
		},
		"Redis a black hole": {
			before: func(_ *world, c *candidate) { c.client.BlackHole() },
			state:  func(*world, *candidate) { time.Sleep(time.Minute) },
			atMost: 9500 * time.Millisecond,
		},
		"leading, and Redis gone": {
			state: func(_ *world, c *candidate) {
				time.Sleep(time.Minute)
				c.client.BlackHole()
				time.Sleep(time.Second)
			},
			atMost:   9500 * time.Millisecond,
			recorded: record.Led,
		},
		"backing off after a failure": {
			work:     fail,
			policy:   hour,
			state:    func(*world, *candidate) { time.Sleep(10 * time.Second) },
			recorded: record.Vacant,
		},
		"backing off within the term": {
			work:     fail,
			policy:   singleton.Policy{OnReturn: singleton.OnReturnRestart, MinBackOff: time.Hour, MaxBackOff: time.Hour},
			state:    func(*world, *candidate) { time.Sleep(10 * time.Second) },
			recorded: record.Vacant,
		},
		"backing off after a loss": {
			policy: hour,
			state: func(w *world, _ *candidate) {
				time.Sleep(time.Minute)
				w.vacate()
				time.Sleep(10 * time.Second)
			},
			recorded: record.Vacant,
		},
		"standing back": {
			cfg:      func(cfg *election.Config) { cfg.CoolDown = time.Hour },
			work:     fail,
			state:    func(*world, *candidate) { time.Sleep(time.Minute) },
			recorded: record.Vacant,
		},
		"pausing for a person": {
			options: func(o *redis.Options) { o.Password = "wrong" },
			before:  func(w *world, _ *candidate) { w.redis.RequirePassword("right") },
			state: func(w *world, c *candidate) {
				time.Sleep(10 * time.Second)
				if len(c.journal.with("cannot campaign")) == 0 {
					w.Errorf("not in a pause: %v", c.journal.with(""))
				}
			},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				c := w.candidateOf("a", tc.options, func(cfg *election.Config) {
					if tc.cfg != nil {
						tc.cfg(cfg)
					}
				})
				if tc.before != nil {
					tc.before(w, c)
				}
				work := tc.work
				if work == nil {
					work = obey
				}
				k := c.keep(work, tc.policy)
				tc.state(w, c)
				if k.over() {
					w.Fatalf("Keep returned %v before it was stopped", k.err)
				}
				at := w.now()
				if err := k.stop(); err != nil {
					w.Errorf("Keep returned %v", err)
				}
				if took := k.at - at; took > tc.atMost || tc.exactly && took != tc.atMost {
					w.Errorf("stopping took %v, want %v (exactly: %t)", took, tc.atMost, tc.exactly)
				}
				if tc.recorded != 0 {
					w.expectStatus(tc.recorded)
				}
			})
		})
	}
}

// A context can end in more ways than by cancel, and work can say in more ways
// than one that it obeyed.
func TestKeepReturnsNoErrorThatOnlySaysThatItWasStopped(t *testing.T) {
	shutdown := errors.New("shutdown")
	contexts := map[string]func(context.Context) (context.Context, context.CancelFunc){
		"cancel": context.WithCancel,
		"cause": func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			return ctx, func() { cancel(shutdown) }
		},
		"deadline": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Minute)
		},
	}
	works := map[string]election.Work{
		"nil":   func(ctx context.Context, _ election.Term) error { <-ctx.Done(); return nil },
		"error": obey,
		"cause": func(ctx context.Context, _ election.Term) error { <-ctx.Done(); return context.Cause(ctx) },
		"wrapped": func(ctx context.Context, _ election.Term) error {
			<-ctx.Done()
			return fmt.Errorf("query: %w", ctx.Err())
		},
	}
	for how, derive := range contexts {
		for what, work := range works {
			t.Run(how+"/"+what, func(t *testing.T) {
				bubble(t, func(w *world) {
					ctx, stop := derive(w.Context())
					time.AfterFunc(time.Minute, stop)
					if err := singleton.Keep(ctx, w.candidate("a").Elector, work, singleton.Policy{}); err != nil {
						w.Errorf("Keep returned %v", err)
					}
					if w.now() != time.Minute {
						w.Errorf("Keep returned at %v, want 1m", w.now())
					}
				})
			})
		}
	}
}

func TestKeepReturnsWhatWorkFailedWithWhileStopping(t *testing.T) {
	tests := map[string]error{
		"own error":              errBoom,
		"own error beside ctx's": fmt.Errorf("%w, flushing after the end", errBoom),
		"own time-out":           context.DeadlineExceeded, // the context was cancelled, and had no deadline
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				k := w.candidate("a").keep(func(ctx context.Context, _ election.Term) error {
					<-ctx.Done()
					return want
				}, singleton.Policy{})
				time.Sleep(time.Minute)
				if err := k.stop(); err != want {
					w.Errorf("Keep returned %v, want %v", err, want)
				}
				w.expectStatus(record.Vacant)
			})
		})
	}
}

func TestKeepOfAStoppedCallerCampaignsNotAtAll(t *testing.T) {
	bubble(t, func(w *world) {
		ctx, cancel := context.WithCancel(w.Context())
		cancel()
		d := w.diary()
		if err := singleton.Keep(ctx, w.candidate("a").Elector, d.of(obey), singleton.Policy{}); err != nil {
			w.Errorf("Keep returned %v", err)
		}
		if runs := d.read(); len(runs) != 0 {
			w.Errorf("the work ran: %v", runs)
		}
	})
}

// What passes by itself is waited for, whatever the policy says about the rest.
func TestKeepOutlastsAnOutage(t *testing.T) {
	bubble(t, func(w *world) {
		c, d := w.candidate("a"), w.diary()
		c.client.Cut()
		k := c.keep(d.of(obey), singleton.Policy{StopOnPermanent: true, OnReturn: singleton.OnReturnStop})
		time.Sleep(10 * time.Minute)
		if k.over() {
			w.Fatalf("Keep returned %v", k.err)
		}
		c.client.Heal()
		time.Sleep(5 * time.Second)
		if began := d.last().began; began < 10*time.Minute {
			w.Errorf("elected at %v", began)
		}
	})
}
