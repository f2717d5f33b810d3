package fresh

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
)

// A value is refreshed after two thirds of its life, or as often as Every says; one that never
// expires each minute.
func TestWhenAValueIsRefreshed(t *testing.T) {
	for name, c := range map[string]struct {
		life, every time.Duration
		want        []string
	}{
		"two thirds of its life":     {time.Minute, 0, []string{"0s v1", "40s v2", "1m20s v3"}},
		"each Every":                 {time.Hour, 50 * time.Second, []string{"0s v1", "50s v2", "1m40s v3"}},
		"two thirds if that is less": {time.Minute, 50 * time.Second, []string{"0s v1", "40s v2", "1m20s v3"}},
		"each minute":                {0, 0, []string{"0s v1", "1m0s v2"}},
		"never expires, with Every":  {0, 50 * time.Second, []string{"0s v1", "50s v2", "1m40s v3"}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				p := w.process(w.lives(c.life), func(cfg *Config) { cfg.Every = c.every })
				stop := p.work(1)
				w.at(110 * time.Second)
				w.expect(c.want...)
				p.has(fmt.Sprint("v", len(c.want)))
				if err := stop(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// Who leads next goes on where the last one stopped: the period is that of the value.
func TestATakeoverKeepsThePeriod(t *testing.T) {
	bubble(t, func(w *world) {
		refresh := w.lives(time.Minute)
		a, b := w.process(refresh), w.process(refresh)
		stop := a.work(1)
		w.at(20 * time.Second)
		_ = stop()
		w.at(35 * time.Second)
		stop = b.work(2)
		w.at(39 * time.Second)
		b.has("v1")
		w.at(70 * time.Second)
		w.expect("0s v1", "40s v2")
		_ = stop()
		w.at(85 * time.Second)
		a.work(3) // v2 is due since 80 s
		w.at(86 * time.Second)
		w.expect("1m25s v3")
	})
}

// A failed refresh is tried again after 1 s, 2 s and so on up to 1 min, and the old value stays
// until it expires.
func TestARefreshThatFails(t *testing.T) {
	bubble(t, func(w *world) {
		var fails atomic.Bool
		p := w.process(func(ctx context.Context, _ election.Term) (string, time.Time, error) {
			w.note("called")
			if fails.Load() {
				return "", time.Time{}, errors.New("the source is down")
			}
			return "v", time.Now().Add(time.Minute), nil
		})
		p.work(1)
		w.at(time.Second)
		fails.Store(true)
		w.at(60*time.Second - time.Millisecond)
		p.has("v")
		w.expect("0s called", "40s called", "41s called", "43s called", "47s called", "55s called")
		w.at(60 * time.Second)
		err := p.hasNone(5 * time.Second)
		if !strings.Contains(err.Error(), w.key) {
			t.Errorf("%v does not name %s", err, w.key)
		}
		w.at(250 * time.Second)
		w.expect("1m11s called", "1m43s called", "2m43s called", "3m43s called")
		if n := p.log.says(`level=WARN msg="fresh: the refresh failed" value=v error="the source is down" term=1 retry_in=32s`); n != 1 {
			t.Errorf("%d such lines: %s", n, p.log.b.String())
		}
		fails.Store(false)
		w.at(290 * time.Second)
		w.expect("4m43s called")
		p.has("v")
		fails.Store(true)
		w.at(325 * time.Second)
		w.expect("5m23s called", "5m24s called") // the back-off begins anew; the next is at 5m26s
	})
}

// What a refresh may not return is logged with figures, and tried again; the old value stays.
func TestARefreshThatReturnsWhatCannotBeKept(t *testing.T) {
	for name, c := range map[string]struct {
		value   string
		expires time.Duration
		want    string
	}{
		"2 MiB":   {strings.Repeat("x", 2<<20), time.Hour, `a value of 2097154 bytes: at most 1048576 can be kept`},
		"expired": {"v2", -3 * time.Second, `a value that expired 3s ago, at 2000-01-01T00:00:`},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				var calls atomic.Int64
				p := w.process(func(context.Context, election.Term) (string, time.Time, error) {
					if calls.Add(1) == 1 {
						return "v1", time.Now().Add(time.Minute), nil
					}
					return c.value, time.Now().Add(c.expires), nil
				})
				p.work(1)
				w.at(44 * time.Second)
				p.has("v1")
				if calls.Load() != 4 || p.log.says(c.want) != 3 { // at 40 s, 41 s, 43 s
					t.Errorf("%d calls: %s", calls.Load(), p.log.b.String())
				}
			})
		})
	}
}

// A value of 1 MiB can be kept, with a head of at most 64 bytes.
func TestTheLargestValue(t *testing.T) {
	bubble(t, func(w *world) {
		p := w.process(func(context.Context, election.Term) (string, time.Time, error) {
			return strings.Repeat("x", maxSize-2), time.Now().Add(time.Hour), nil // and two quotes
		})
		p.work(1)
		w.at(time.Second)
		r := w.reader()
		if got, err := r.Get(w.Context()); err != nil || len(got) != maxSize-2 {
			t.Error(len(got), err)
		}
		if text, _ := w.stub.Mini.Get(w.key); len(text) > maxSize+64 {
			t.Errorf("%d bytes", len(text))
		}
	})
}

// A refresh that hangs is told to end: after a minute at first, then after half of what is left
// of the old value's life.
func TestARefreshThatHangs(t *testing.T) {
	bubble(t, func(w *world) {
		var hangs atomic.Bool
		hangs.Store(true)
		p := w.process(func(ctx context.Context, _ election.Term) (string, time.Time, error) {
			w.note("called")
			if hangs.Load() {
				<-ctx.Done()
				w.note("ended")
				return "", time.Time{}, context.Cause(ctx)
			}
			return "v", time.Now().Add(time.Minute), nil
		})
		p.work(1)
		w.at(30 * time.Second)
		hangs.Store(false)
		w.at(61 * time.Second)
		w.expect("0s called", "1m0s ended", "1m1s called")
		hangs.Store(true)
		w.at(118 * time.Second) // 20 s are left at 1m41s, then 9 s, then 2.5 s
		w.expect("1m41s called", "1m51s ended", "1m52s called", "1m56.5s ended")
		p.has("v")
		w.at(121 * time.Second)
		w.expect("1m58.5s called", "1m59.75s ended")
	})
}

// A panic of a refresh is its process's end.
func TestARefreshThatPanics(t *testing.T) {
	bubble(t, func(w *world) {
		p := w.process(func(context.Context, election.Term) (string, time.Time, error) { panic("at the disco") })
		defer func() {
			if got := recover(); got != "at the disco" {
				t.Errorf("recovered %v", got)
			}
		}()
		_ = p.Work(w.Context(), 1)
	})
}

// A refresh that has ended is not lost when its term ends: its value is written before Work
// returns.
func TestAStopDuringARefresh(t *testing.T) {
	bubble(t, func(w *world) {
		p := w.process(func(ctx context.Context, _ election.Term) (string, time.Time, error) {
			<-ctx.Done()
			return "v", time.Now().Add(time.Minute), nil // a token that was issued must not get lost
		})
		e, err := election.New(p, election.Config{Name: "e", Bootstrap: election.BootstrapImmediate, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(w.Context())
		done := make(chan error)
		go func() { done <- e.Lead(ctx, p.Work) }()
		w.at(time.Second)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		r := w.reader()
		r.has("v")
	})
}

// A value that is gone is refreshed when the keeper looks, each 5 s; at once if somebody in its
// process finds none.
func TestRedisForgets(t *testing.T) {
	bubble(t, func(w *world) {
		p := w.process(w.lives(time.Hour))
		p.work(1)
		w.at(12 * time.Second)
		w.stub.Mini.FlushAll()
		w.at(20 * time.Second)
		w.expect("0s v1", "15s v2")
		w.stub.Mini.Del(w.key)
		p.reader.drop()
		w.at(21 * time.Second)
		p.gets()
		w.at(22 * time.Second)
		w.expect("21s v3", "21s got v3")
		w.at(23 * time.Second)
		w.stub.Mini.Del(w.key)
		p.reader.drop()
		p.gets()
		w.at(24 * time.Second)
		w.expect("23s v4", "23s got v4")
	})
}

// A former leader writes nothing, and its work ends.
func TestALowerTermIsRefused(t *testing.T) {
	bubble(t, func(w *world) {
		p := w.process(w.lives(time.Minute))
		stop := p.work(7)
		w.at(time.Second)
		later := head{expires: 1 << 42, term: 8, made: 1}.String() + `"theirs"`
		_ = w.stub.Mini.Set(w.key, later)
		w.at(6 * time.Second) // it looks
		err := stop()
		refused, _ := errors.AsType[*fence.Error](err)
		if !errors.Is(err, fence.ErrFenced) || refused == nil || refused.Term != 7 || refused.Highest != 8 {
			t.Errorf("%v, %+v", err, refused)
		}
		if got, _ := w.stub.Mini.Get(w.key); got != later {
			t.Errorf("%q stands there", got)
		}
		w.expect("0s v1")
	})
}

// A later term may write between a look and the write.
func TestALowerTermIsRefusedAtTheWrite(t *testing.T) {
	bubble(t, func(w *world) {
		later := head{expires: 1 << 42, term: 1<<53 + 1, made: 1}.String() + `"theirs"`
		p := w.process(func(context.Context, election.Term) (string, time.Time, error) {
			_ = w.stub.Mini.Set(w.key, later)
			return "ours", time.Now().Add(time.Minute), nil
		})
		if err := p.Work(w.Context(), 1<<53); !errors.Is(err, fence.ErrFenced) {
			t.Error(err)
		}
		if got, _ := w.stub.Mini.Get(w.key); got != later {
			t.Errorf("%q stands there", got)
		}
		p.has("theirs")
	})
}

// What is no fresh value is never overwritten: the work ends, and Get says so at once.
func TestAForeignKey(t *testing.T) {
	for name, put := range map[string]func(w *world){
		"list":          func(w *world) { _, _ = w.stub.Mini.Lpush(w.key, "theirs") },
		"text":          func(w *world) { _ = w.stub.Mini.Set(w.key, "theirs") },
		"later version": func(w *world) { _ = w.stub.Mini.Set(w.key, `2 4102444800000 1 1 "v"`) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				put(w)
				p := w.process(w.lives(time.Minute))
				for _, err := range []error{p.Work(w.Context(), 1), get(p)} {
					if !errors.Is(err, election.ErrForeignRecord) || !strings.Contains(err.Error(), "DEL '"+w.key+"'") {
						t.Error(err)
					}
				}
				w.expect()
				if time.Since(w.began) != 0 {
					t.Errorf("it took %v", time.Since(w.began))
				}
			})
		})
	}
}

// Somebody puts something there between a look and the write.
func TestAForeignKeyAtTheWrite(t *testing.T) {
	bubble(t, func(w *world) {
		p := w.process(func(context.Context, election.Term) (string, time.Time, error) {
			_ = w.stub.Mini.Set(w.key, "theirs")
			return "ours", time.Now().Add(time.Minute), nil
		})
		if err := p.Work(w.Context(), 1); !errors.Is(err, election.ErrForeignRecord) {
			t.Error(err)
		}
		if got, _ := w.stub.Mini.Get(w.key); got != "theirs" {
			t.Errorf("%q stands there", got)
		}
	})
}

func get(p *process) error {
	_, err := p.Get(p.w.Context())
	return err
}

// A value of another type T is of another version of the program: the leader replaces it, and a
// reader says what it found.
func TestAValueOfAnotherType(t *testing.T) {
	bubble(t, func(w *world) {
		_ = w.stub.Mini.Set(w.key, head{expires: 1 << 42, term: 1, made: 1}.String()+`{"n":1}`)
		r := w.reader()
		if err := get(r); !errors.Is(err, ErrNoValue) || !errors.Is(err, election.ErrForeignRecord) || !strings.Contains(err.Error(), "it is no string") {
			t.Error(err)
		}
		p := w.process(w.lives(time.Minute))
		p.work(2)
		w.at(time.Second)
		w.expect("0s v1")
		r.has("v1")
	})
}

// While Redis is away the refresh is not called again: what it returned is written as soon as
// Redis is back.
func TestRedisIsAwayAtAWrite(t *testing.T) {
	bubble(t, func(w *world) {
		p := w.process(w.lives(time.Minute))
		p.work(1)
		w.at(39 * time.Second)
		p.link.Cut()
		w.at(45 * time.Second)
		p.link.Heal()
		w.at(50 * time.Second)
		w.expect("0s v1", "40s v2")
		r := w.reader()
		r.has("v2")
		if n := p.log.says(`msg="fresh: no usable answer of Redis"`); n != 3 { // at 40, 41 and 43 s
			t.Errorf("%d lines: %s", n, p.log.b.String())
		}
	})
}

// A term of the same number that begins anew, as after an error of the work, makes later values
// also when the clock of Redis was set back.
func TestAClockOfRedisThatIsSetBack(t *testing.T) {
	bubble(t, func(w *world) {
		future := time.Now().Add(time.Hour).UnixMilli()
		_ = w.stub.Mini.Set(w.key, head{expires: future + 60_000, term: 1, made: future}.String()+`"v0"`)
		p := w.process(w.lives(time.Minute))
		p.work(1)
		w.at(41 * time.Second)
		w.expect("40s v1") // and not in an hour
		p.has("v1")
		r := w.reader()
		r.has("v1")
	})
}

// Who keeps a value reports progress, also while there is nothing to do for an hour.
func TestAKeeperIsNotStalled(t *testing.T) {
	bubble(t, func(w *world) {
		p := w.process(w.lives(time.Hour))
		e, err := election.New(p.Client, election.Config{
			Name: "v", Stall: 10 * time.Second, Bootstrap: election.BootstrapImmediate, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			w.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(w.Context(), 30*time.Minute)
		defer cancel()
		if err := e.Lead(ctx, p.Work); !errors.Is(err, context.DeadlineExceeded) || time.Since(w.began) != 30*time.Minute {
			w.Errorf("Lead = %v after %v", err, time.Since(w.began))
		}
		w.expect("0s v1")
	})
}
