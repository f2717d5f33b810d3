package fresh

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/heartbeat"
)

// Get waits for the first value. It asks after 50 ms, and then after pauses that double up to
// a second, once for all who wait in the process.
func TestGetWaitsForTheFirstValue(t *testing.T) {
	bubble(t, func(w *world) {
		r := w.reader()
		for range 20 {
			r.gets()
		}
		w.at(5 * time.Second)
		w.expect()
		if n := r.asked(); n != 9 { // at 0, 50, 150, 350, 750, 1550, 2550, 3550 and 4550 ms
			t.Errorf("asked %d times", n)
		}
		w.process(w.lives(time.Minute)).work(1)
		w.at(6 * time.Second)
		want := []string{"5s v1"}
		for range 20 {
			want = append(want, "5.55s got v1")
		}
		w.expect(want...)
		if n := r.asked(); n != 1 {
			t.Errorf("asked %d times", n)
		}
	})
}

// Who waits in the process that refreshes gets the first value when it is written.
func TestTheKeepingProcessHasItsValueAtOnce(t *testing.T) {
	bubble(t, func(w *world) {
		p := w.process(func(context.Context, election.Term) (string, time.Time, error) {
			time.Sleep(700 * time.Millisecond)
			return "v", time.Now().Add(time.Minute), nil
		})
		p.gets()
		w.at(time.Millisecond)
		p.work(1)
		w.at(2 * time.Second)
		w.expect("701ms got v")
	})
}

// Processes ask once a period, each at its own time, and 50 readers cost no more than one.
func TestRequestsOfReaders(t *testing.T) {
	bubble(t, func(w *world) {
		keeper := w.process(w.lives(time.Minute))
		keeper.work(1)
		w.at(time.Second)
		var all []*process
		for range 3 {
			p := w.reader()
			p.has("v1")
			all = append(all, p)
		}
		for w.at(2 * time.Second); time.Since(w.began) < 403*time.Second; time.Sleep(100 * time.Millisecond) {
			for _, p := range all {
				for range 17 {
					if _, err := p.Get(w.Context()); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		for _, p := range all {
			if n := p.asked(); n != 1+10 { // v2 at 40 s and so on: asked for within 4 s, here in the middle
				t.Errorf("asked %d times in ten periods", n)
			}
		}
		if n := keeper.asked(); n > 1+11+402/5 {
			t.Errorf("the keeper asked %d times", n)
		}
	})
}

// A reader has the next value at most a tenth of the period after it could be there; while
// the refresh takes its time, it asks again after pauses that leave time before the expiry.
func TestAReaderFindsTheNextValueInTime(t *testing.T) {
	bubble(t, func(w *world) {
		var slow atomic.Bool
		refresh := w.lives(time.Minute)
		w.process(func(ctx context.Context, term election.Term) (string, time.Time, error) {
			if slow.Load() {
				time.Sleep(9 * time.Second)
			}
			return refresh(ctx, term)
		}).work(1)
		w.at(time.Second)
		r := w.reader()
		r.has("v1")
		slow.Store(true)
		for _, c := range []struct {
			at    time.Duration
			want  string
			asked int64
		}{
			{41 * time.Second, "v1", 1}, // the first of all; due at 40 s, and asked for 2 s later
			{42 * time.Second, "v1", 1},
			{42*time.Second + 500*time.Millisecond, "v1", 0},
			{43 * time.Second, "v1", 1},
			{44 * time.Second, "v1", 0},
			{45 * time.Second, "v1", 1},
			{48 * time.Second, "v1", 0},
			{49 * time.Second, "v2", 1},
			{50 * time.Second, "v2", 0},
		} {
			w.at(c.at)
			r.has(c.want)
			if n := r.asked(); n != c.asked {
				t.Errorf("at %v: asked %d times, want %d", c.at, n, c.asked)
			}
		}
	})
}

// Others get the copy while one call asks, and that one does after a second at most.
func TestWhileOneAsksOthersGetTheCopy(t *testing.T) {
	bubble(t, func(w *world) {
		w.process(w.lives(time.Minute)).work(1)
		w.at(time.Second)
		r := w.reader()
		r.has("v1")
		w.at(43 * time.Second)
		r.link.Swallow()
		r.gets()
		synctest.Wait()
		for range 10 {
			r.has("v1")
		}
		w.at(45 * time.Second)
		w.expect("0s v1", "40s v2", "44s got v1")
		if r.log.says(`level=WARN msg="fresh: reading failed"`) != 1 {
			t.Errorf("log: %s", r.log.b.String())
		}
	})
}

// Redis is away for longer than the value lives: Get returns it until it expires, and then
// waits until Redis is back, or its context ends.
func TestRedisIsAwayForLongerThanAValueLives(t *testing.T) {
	bubble(t, func(w *world) {
		keeper := w.process(w.lives(time.Minute))
		keeper.work(1)
		w.at(time.Second)
		r := w.reader()
		r.has("v1")
		r.link.Cut()
		keeper.link.Cut()
		w.at(60*time.Second - time.Millisecond)
		if got, err := r.Get(w.Context()); err != nil || got != "v1" {
			t.Error(got, err)
		}
		w.at(60 * time.Second)
		if err := r.hasNone(30 * time.Second); !errors.Is(err, election.ErrUnavailable) || !strings.Contains(err.Error(), "nothing listens on") {
			t.Error(err)
		}
		r.gets()
		w.at(100 * time.Second)
		r.link.Heal()
		keeper.link.Heal()
		w.at(110 * time.Second)
		w.mu.Lock()
		defer w.mu.Unlock()
		if last := w.notes[len(w.notes)-1]; !strings.HasSuffix(last, "got v3") || !strings.HasPrefix(last, "1m4") {
			t.Errorf("%q", w.notes)
		}
	})
}

// A process that stood still looks at the clock after that, whichever of its clocks went on.
func TestAProcessThatStoodStill(t *testing.T) {
	for name, stop := range map[string]func(p *process){
		"stopped":   func(p *process) { p.clock.Stall(59 * time.Second) },
		"suspended": func(p *process) { p.clock.Suspend(59*time.Second, false) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				keeper := w.process(w.lives(time.Minute), func(c *Config) { c.Every = 2 * time.Minute })
				halt := keeper.work(1)
				w.at(time.Second)
				r := w.reader()
				r.has("v1")
				_ = halt()
				w.at(1500 * time.Millisecond)
				stop(r)
				ctx, cancel := context.WithTimeout(w.Context(), 70*time.Second)
				defer cancel()
				if got, err := r.Get(ctx); !errors.Is(err, ErrNoValue) {
					t.Errorf("%q, %v after %v", got, err, time.Since(w.began))
				}
			})
		})
	}
}

// Clocks of processes and of Redis that are an hour off change nothing.
func TestClocksThatAreAnHourOff(t *testing.T) {
	for _, off := range []time.Duration{-time.Hour, time.Hour} {
		t.Run(off.String(), func(t *testing.T) {
			bubble(t, func(w *world) {
				ctx, cancel := context.WithCancel(w.Context())
				defer cancel()
				go func() { // the clock of Redis
					for ctx.Err() == nil {
						w.stub.Mini.SetTime(time.Now().Add(off))
						time.Sleep(time.Millisecond)
					}
				}()
				synctest.Wait()
				keeper, r := w.process(w.lives(time.Minute)), w.reader()
				keeper.clock.StepWall(off)
				r.clock.StepWall(-off)
				stop := keeper.work(1)
				w.at(time.Second)
				r.has("v1")
				w.at(45 * time.Second)
				w.expect("0s v1", "40s v2")
				r.has("v2")
				_ = stop()
				w.at(100*time.Second - 2*time.Millisecond)
				r.has("v2")
				w.at(100*time.Second + 2*time.Millisecond)
				r.hasNone(time.Second)
			})
		})
	}
}

// The life counts from when the request was sent: an answer that took long is not trusted for
// that much longer.
func TestALateAnswer(t *testing.T) {
	at := func(d time.Duration) heartbeat.Instant { return heartbeat.Instant{Mono: d, Wall: d} }
	a := answer{sent: at(9 * time.Second), received: at(9600 * time.Millisecond), server: 9_300_000}
	c := newHeld(head{expires: 10_000, term: 1}, nil, a, 0, 0)
	if !c.alive(at(9699*time.Millisecond)) || c.alive(at(9700*time.Millisecond)) {
		t.Errorf("%+v", c)
	}
}

// A call that ends by its own deadline says nothing of Redis, and the next one asks at once.
func TestACallersDeadline(t *testing.T) {
	bubble(t, func(w *world) {
		w.process(w.lives(time.Minute)).work(1)
		w.at(time.Second)
		r := w.reader()
		r.link.Stall()
		r.hasNone(100 * time.Millisecond)
		r.link.Heal()
		r.has("v1")
		if r.log.says("WARN") != 0 {
			t.Errorf("log: %s", r.log.b.String())
		}
	})
}

// explosive panics when it is read.
type explosive struct{}

func (*explosive) UnmarshalJSON([]byte) error { panic("at the disco") }

// A panic while a value is read keeps nobody else from reading.
func TestAPanicOfTheDecoding(t *testing.T) {
	bubble(t, func(w *world) {
		_ = w.stub.Mini.Set(w.key, head{term: 1, made: 1}.String()+`1`)
		p := w.reader()
		v, err := New[explosive](p, Config{Name: "v"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			func() {
				defer func() {
					if recover() == nil {
						t.Error("no panic")
					}
				}()
				_, _ = v.Get(w.Context())
			}()
		}
	})
}

// What T may be.
func TestTypes(t *testing.T) {
	type rates struct {
		EUR float64 `json:"eur"`
	}
	roundTrip(t, "text")
	roundTrip(t, 7)
	roundTrip(t, []byte("\x00 raw \xff"))
	roundTrip(t, []byte{})
	roundTrip(t, &rates{1.08})
	roundTrip(t, map[string]rates{"x": {2}})
	roundTrip[any](t, nil)
	roundTrip[*rates](t, nil)
}

func roundTrip[T any](t *testing.T, value T) {
	t.Helper()
	bubble(t, func(w *world) {
		p := w.reader()
		v, err := New(p, Config{Name: "v"}, func(context.Context, election.Term) (T, time.Time, error) { return value, time.Time{}, nil })
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(w.Context())
		done := make(chan error)
		go func() { done <- v.Work(ctx, 1) }()
		w.at(time.Second)
		other, _ := New[T](p, Config{Name: "v"}, nil)
		for _, v := range []*Value[T]{v, other} {
			if got, err := v.Get(ctx); err != nil || !reflect.DeepEqual(got, value) {
				t.Errorf("%#v, %v; want %#v", got, err, value)
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// A fixed value needs no Redis.
func TestFixed(t *testing.T) {
	v := Fixed("secret")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := v.Get(ctx); got != "secret" || err != nil {
		t.Error(got, err)
	}
	if err := v.Work(ctx, 1); err != nil {
		t.Error(err)
	}
}

// An answer that comes late, or of a Redis that went back, does not bring an older value back while
// the newer one lives.
func TestAnOlderAnswerThatComesLate(t *testing.T) {
	bubble(t, func(w *world) {
		stop := w.process(w.lives(time.Minute)).work(1)
		w.at(time.Second)
		before, _ := w.stub.Mini.Get(w.key)
		w.at(41 * time.Second)
		_ = stop()
		r := w.reader()
		r.has("v2")
		_ = w.stub.Mini.Set(w.key, before)
		w.at(90 * time.Second) // due since 80 s
		r.has("v2")
		if r.asked() != 2 {
			t.Error("it did not ask")
		}
	})
}

// A call whose context has ended gets the copy, and does not ask, though it is time to.
func TestACallThatIsOverGetsTheCopy(t *testing.T) {
	bubble(t, func(w *world) {
		w.process(w.lives(time.Minute)).work(1)
		w.at(time.Second)
		r := w.reader()
		r.has("v1")
		w.at(50 * time.Second)
		ctx, cancel := context.WithCancel(w.Context())
		cancel()
		if got, err := r.Get(ctx); got != "v1" || err != nil || r.asked() != 1 {
			t.Error(got, err)
		}
		r.link.Stall() // and one that ends while it asks
		ctx, cancel = context.WithTimeout(w.Context(), 100*time.Millisecond)
		defer cancel()
		if got, err := r.Get(ctx); got != "v1" || err != nil || time.Since(w.began) != 50100*time.Millisecond {
			t.Error(got, err, time.Since(w.began))
		}
	})
}
