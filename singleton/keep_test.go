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
// office is left behind.
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
		recorded string // status in the end
	}{
		"waiting for a quarantine": {
			cfg:      func(cfg *election.Config) { cfg.Bootstrap = election.Quarantine },
			state:    func(*world, *candidate) { time.Sleep(5 * time.Second) },
			recorded: "Q",
		},
		"standing by": {
			before:   func(w *world, _ *candidate) { w.candidate("leader").keep(obey, singleton.Policy{}); synctest.Wait() },
			state:    func(*world, *candidate) { time.Sleep(time.Minute) },
			recorded: "L",
		},
		"leading": {
			state:    func(*world, *candidate) { time.Sleep(time.Minute) },
			recorded: "V",
		},
		"leading, with work that drains": {
			work:     drain,
			state:    func(*world, *candidate) { time.Sleep(time.Minute) },
			atMost:   2 * time.Second,
			exactly:  true,
			recorded: "V",
		},
		"draining after a request to step down": {
			work: drain,
			state: func(w *world, c *candidate) {
				time.Sleep(time.Minute)
				if err := c.StepDown(w.Context()); err != nil {
					w.Fatal(err)
				}
				time.Sleep(500 * time.Millisecond)
				w.expectStatus("D")
			},
			atMost:   1500 * time.Millisecond,
			exactly:  true,
			recorded: "V",
		},
		"draining after an expiry": {
			work: drain,
			state: func(w *world, c *candidate) {
				time.Sleep(time.Minute)
				c.link.Cut()
				time.Sleep(10 * time.Second)
			},
			atMost:   9500 * time.Millisecond,
			recorded: "L",
		},
		"Redis turning dials away": {
			before: func(_ *world, c *candidate) { c.link.Cut() },
			state:  func(*world, *candidate) { time.Sleep(time.Minute) },
			atMost: 5 * time.Second,
		},
		"Redis a black hole": {
			before: func(_ *world, c *candidate) { c.link.Swallow() },
			state:  func(*world, *candidate) { time.Sleep(time.Minute) },
			atMost: 9500 * time.Millisecond,
		},
		"leading, and Redis gone": {
			state: func(_ *world, c *candidate) {
				time.Sleep(time.Minute)
				c.link.Swallow()
				time.Sleep(time.Second)
			},
			atMost:   9500 * time.Millisecond,
			recorded: "L",
		},
		"backing off after a failure": {
			work:     fail,
			policy:   hour,
			state:    func(*world, *candidate) { time.Sleep(10 * time.Second) },
			recorded: "V",
		},
		"backing off within the term": {
			work:     fail,
			policy:   singleton.Policy{Failure: singleton.Restart, MinBackOff: time.Hour, MaxBackOff: time.Hour},
			state:    func(*world, *candidate) { time.Sleep(10 * time.Second) },
			recorded: "V",
		},
		"backing off after a loss": {
			policy: hour,
			state: func(w *world, _ *candidate) {
				time.Sleep(time.Minute)
				w.vacate()
				time.Sleep(10 * time.Second)
			},
			recorded: "V",
		},
		"standing back": {
			cfg:      func(cfg *election.Config) { cfg.CoolDown = time.Hour },
			work:     fail,
			state:    func(*world, *candidate) { time.Sleep(time.Minute) },
			recorded: "V",
		},
		"pausing for a person": {
			options: func(o *redis.Options) { o.Password = "wrong" },
			before:  func(w *world, _ *candidate) { w.stub.Mini.RequireAuth("right") },
			state: func(w *world, c *candidate) {
				time.Sleep(10 * time.Second)
				if len(c.journal.with("cannot campaign")) != 1 {
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
				if tc.recorded != "" {
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
				w.expectStatus("V")
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

func TestKeepRefusesWhatMakesNoSense(t *testing.T) {
	tests := map[string]struct {
		work   election.Work
		policy singleton.Policy
	}{
		"no work":                {nil, singleton.Policy{}},
		"negative minimum":       {obey, singleton.Policy{MinBackOff: -1}},
		"negative maximum":       {obey, singleton.Policy{MaxBackOff: -1}},
		"maximum below minimum":  {obey, singleton.Policy{MinBackOff: 2 * time.Second, MaxBackOff: time.Second}},
		"maximum below default":  {obey, singleton.Policy{MaxBackOff: time.Millisecond}},
		"failure too small":      {obey, singleton.Policy{Failure: -1}},
		"failure not known":      {obey, singleton.Policy{Failure: singleton.GiveUp + 1}},
		"every without interval": {singleton.Every(0, obey), singleton.Policy{}},
		"every back in time":     {singleton.Every(-time.Second, obey), singleton.Policy{Failure: singleton.Restart}},
		"every without task":     {singleton.Every(time.Second, nil), singleton.Policy{}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				k := w.candidate("a").keep(tc.work, tc.policy)
				if err := k.returned(); !errors.Is(err, election.ErrConfig) || k.at != 0 {
					w.Errorf("Keep returned %v at %v, want ErrConfig at once", k.err, k.at)
				}
			})
		})
	}
}

func TestKeepAllowsLongBackOffs(t *testing.T) {
	bubble(t, func(w *world) { // longer than the default of the maximum, which follows
		k := w.candidate("a").keep(obey, singleton.Policy{MinBackOff: time.Hour})
		time.Sleep(time.Minute)
		if err := k.stop(); err != nil {
			w.Errorf("Keep returned %v", err)
		}
	})
}

func TestKeepOfABusyElectorReturnsErrRunning(t *testing.T) {
	bubble(t, func(w *world) {
		c := w.candidate("a")
		first := c.keep(obey, singleton.Policy{})
		time.Sleep(time.Minute)
		second := c.keep(obey, singleton.Policy{})
		if err := second.returned(); !errors.Is(err, election.ErrRunning) || second.at != time.Minute {
			w.Errorf("the second Keep returned %v at %v, want ErrRunning at once", err, second.at)
		}
		if first.over() {
			w.Errorf("the first Keep returned %v", first.err)
		}
	})
}

func TestKeepOnAClosedConnReturnsErrClosed(t *testing.T) {
	bubble(t, func(w *world) {
		conn, err := election.Connect(w.stub.Client(w.stub.Link()), nil)
		if err != nil {
			w.Fatal(err)
		}
		e, err := conn.Elector(election.Config{Name: "x"})
		if err != nil {
			w.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			w.Fatal(err)
		}
		if err := singleton.Keep(w.Context(), e, obey, singleton.Policy{}); !errors.Is(err, election.ErrClosed) {
			w.Errorf("Keep returned %v, want ErrClosed", err)
		}
	})
}

func TestKeepReturnsWhatASingleAttemptFinds(t *testing.T) {
	once := func(cfg *election.Config) { cfg.Once = true }
	tests := map[string]struct {
		before func(w *world, c *candidate)
		want   error
	}{
		"held": {
			func(w *world, _ *candidate) { w.candidate("leader").keep(obey, singleton.Policy{}); synctest.Wait() },
			election.ErrHeld,
		},
		"quarantined": {
			func(w *world, _ *candidate) { w.stub.Mini.FlushAll() },
			election.ErrQuarantined,
		},
		"unavailable": {
			func(_ *world, c *candidate) { c.link.Cut() },
			election.ErrUnavailable,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				c := w.candidate("a", once, func(cfg *election.Config) { cfg.Bootstrap = election.Quarantine })
				tc.before(w, c)
				k := c.keep(obey, singleton.Policy{})
				if err := k.returned(); !errors.Is(err, tc.want) {
					w.Errorf("Keep returned %v, want %v", err, tc.want)
				}
			})
		})
	}
}

// permanent are the troubles that need a person, each with its mending.
var permanent = map[string]struct {
	want  error
	cause func(w *world)
	mend  func(w *world, c *candidate)
}{
	"foreign record": {
		election.ErrForeignRecord,
		func(w *world) { w.set("somebody's cache") },
		func(w *world, _ *candidate) { w.stub.Mini.Del(key) },
	},
	"foreign type": {
		election.ErrForeignRecord,
		func(w *world) { w.stub.Mini.HSet(key, "field", "value") },
		func(w *world, _ *candidate) { w.stub.Mini.Del(key) },
	},
	"wrong password": {
		election.ErrDenied,
		func(w *world) { w.stub.Mini.RequireAuth("right") },
		func(w *world, c *candidate) {
			synctest.Wait()
			w.stub.Mini.RequireAuth("wrong")
			c.link.Conns() // miniredis reads the password without a lock; that of the link does instead
		},
	},
	"missing right": {
		election.ErrDenied,
		func(w *world) {
			w.stub.Mini.SetError("NOPERM this user has no permissions to run the 'evalsha' command")
		},
		func(w *world, _ *candidate) { w.stub.Mini.SetError("") },
	},
}

func wrongPassword(o *redis.Options) { o.Password = "wrong" }

func TestKeepTriesAgainSlowlyWhatNeedsAPerson(t *testing.T) {
	for name, tc := range permanent {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				tc.cause(w)
				c, d := w.candidateOf("a", wrongPassword), w.diary()
				k := c.keep(d.of(obey), singleton.Policy{})
				time.Sleep(10 * time.Minute)
				tries := c.journal.with("cannot campaign")
				if len(tries) < 18 || len(tries) > 23 {
					w.Fatalf("%d tries in 10 minutes, want one in 27 to 33 s: %v", len(tries), c.journal.with(""))
				}
				exact := 0
				for i, try := range tries[1:] {
					pause := try.at - tries[i].at
					if pause < 27*time.Second || pause > 33*time.Second {
						w.Errorf("a pause of %v, want 27 to 33 s", pause)
					}
					if pause == 30*time.Second {
						exact++
					}
				}
				if exact > 1 {
					w.Errorf("%d pauses of exactly 30 s: no jitter", exact)
				}
				if k.over() {
					w.Fatalf("Keep returned %v", k.err)
				}

				tc.mend(w, c)
				mended := w.now()
				time.Sleep(2 * time.Minute)
				if elected := d.last().began - mended; elected > 33*time.Second+15500*time.Millisecond {
					w.Errorf("elected %v after the trouble was mended, want one pause and one lease at most", elected)
				}
				if err := k.stop(); err != nil {
					w.Errorf("Keep returned %v", err)
				}
			})
		})
	}
}

func TestKeepGivesUpOnWhatNeedsAPersonIfThePolicySaysSo(t *testing.T) {
	for name, tc := range permanent {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				tc.cause(w)
				k := w.candidateOf("a", wrongPassword).keep(obey, singleton.Policy{GiveUpOnPermanent: true})
				if err := k.returned(); !errors.Is(err, tc.want) || !election.Permanent(err) || k.at != 0 {
					w.Errorf("Keep returned %v at %v, want %v at once", k.err, k.at, tc.want)
				}
			})
		})
	}
}

// What passes by itself is waited for, whatever the policy says about the rest.
func TestKeepOutlastsAnOutage(t *testing.T) {
	bubble(t, func(w *world) {
		c, d := w.candidate("a"), w.diary()
		c.link.Cut()
		k := c.keep(d.of(obey), singleton.Policy{GiveUpOnPermanent: true, Failure: singleton.GiveUp})
		time.Sleep(10 * time.Minute)
		if k.over() {
			w.Fatalf("Keep returned %v", k.err)
		}
		c.link.Heal()
		time.Sleep(5 * time.Second)
		if began := d.last().began; began < 10*time.Minute {
			w.Errorf("elected at %v", began)
		}
	})
}
