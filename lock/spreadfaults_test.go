package lock

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2/server"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/space"
)

// A process that is asked to end leaves the set first. So others wait for its names when its works
// return, however long that takes, and each name passes on at that instant.
func TestSpreadPassesOnWhatALeavingProcessHas(t *testing.T) {
	bubble(t, true, func(w *world) {
		names := []string{"v", "w", "x", "y", "z"}
		ctx, cancel := context.WithCancel(w.Context())
		a := w.process("a").spread(ctx, "set", names, func(name string) Work {
			return func(ctx context.Context, _ Term) error {
				<-ctx.Done()
				time.Sleep(time.Duration(slices.Index(names, name)+1) * 4 * time.Second)
				return nil
			}
		})
		w.at(time.Second)
		cancel()
		rest, end := context.WithCancel(w.Context())
		b := w.process("b").spread(rest, "set", names, func(name string) Work { return w.works(name, time.Hour) })
		w.at(25 * time.Second)
		w.expect("5s v begins", "9s w begins", "13s x begins", "17s y begins", "21s z begins")
		end()
		if err := errors.Join(<-a, <-b); err != nil {
			w.Error(err)
		}
	})
}

// Work that ends at once leaves its name to nobody for no longer than a look takes.
func TestSpreadOfAProcessThatEndsAtOnce(t *testing.T) {
	bubble(t, true, func(w *world) {
		f := w.fleet(hundred()...)
		all := []*member{f.join("a"), f.join("b"), f.join("c")}
		w.at(10 * time.Second)
		f.gone(all[0])
		time.Sleep(2 * lookPause)
		f.settled(2)
	})
}

// Work that goes on after its lock was lost is reported, and holds up its own name alone: the
// process beats for it, and is a member again. When it has returned, the name runs again. That the
// seat among the members was lost is no work's overrun.
func TestSpreadOfWorkThatIgnoresItsContext(t *testing.T) {
	bubble(t, true, func(w *world) {
		names := []string{"x", "y"}
		ctx, cancel := context.WithCancel(w.Context())
		deaf := make(chan struct{})
		a, b := w.process("a"), w.process("b")
		first := a.spread(ctx, "set", names, func(name string) Work {
			return func(ctx context.Context, _ Term) error {
				w.note("%s begins", name)
				if name == "x" && w.since() < time.Second {
					<-deaf
				}
				<-ctx.Done()
				return nil
			}
		})
		w.at(time.Second)
		a.client.BlackHole()
		w.at(8 * time.Second)
		second := b.spread(ctx, "set", names, func(name string) Work { return w.works(name, time.Hour) })
		w.at(10 * time.Second)
		a.client.Heal()
		w.at(time.Minute)
		if got := w.noted(); len(got) != 3 || got[0] != "0s x begins" || got[1] != "0s y begins" || !strings.HasPrefix(got[2], "10") || !strings.HasSuffix(got[2], "s y begins") {
			w.Errorf("%q", got)
		}
		if err := a.Check(); !errors.Is(err, ErrExpired) || !strings.Contains(err.Error(), `"+set+x"`) {
			w.Error(err)
		}
		if len(a.late) != 1 || a.late[0].Name != "locks/+set+x" {
			w.Error(a.late)
		}
		close(deaf)
		w.at(time.Minute + lookPause)
		if got := w.noted(); len(got) != 1 || !strings.HasSuffix(got[0], "s x begins") {
			w.Errorf("%q", got)
		}
		cancel()
		if err := errors.Join(<-first, <-second); err != nil {
			w.Error(err)
		}
	})
}

// A name that its target does not know is taken a lease after it was seen vacant.
func TestSpreadOfANameThatTheTargetDoesNotKnow(t *testing.T) {
	bubble(t, true, func(w *world) {
		late := 0
		for i := 0; late == 0 && i < 40; i++ { // whose name it is depends on the sessions
			ctx, cancel := context.WithCancel(w.Context())
			set := fmt.Sprint("set", i)
			older := w.process("older").spread(ctx, set, []string{"x"}, func(string) Work { return w.works("x", time.Hour) })
			time.Sleep(time.Second)
			began := w.since()
			newer := w.process("newer").spread(ctx, set, []string{"y"}, func(name string) Work {
				return func(ctx context.Context, _ Term) error {
					took := w.since() - began
					if took != 0 {
						late++
					}
					if took != 0 && (took < lease || took > lease*3/2) {
						w.Errorf("y begins after %v", took)
					}
					w.note("%s begins", name)
					<-ctx.Done()
					return nil
				}
			})
			time.Sleep(4 * lease)
			if got := strings.Join(w.noted(), "\n"); strings.Count(got, "y begins") != 1 {
				w.Error(got)
			}
			cancel()
			if err := errors.Join(<-older, <-newer); err != nil {
				w.Error(err)
			}
			w.noted()
		}
		if late == 0 {
			w.Error("the name was always that of who knows it")
		}
	})
}

// A name whose lock cannot be read holds up no other. An error of the server that needs a person
// ends the call.
func TestSpreadAndErrorsOfTheServer(t *testing.T) {
	bubble(t, true, func(w *world) {
		c := w.redis.Client()
		defer c.Close()
		if err := c.HSet(w.Context(), w.place.Key, space.SeatField(0, space.Set("set").NameLock("x")), "foreign").Err(); err != nil {
			w.Fatal(err)
		}
		ctx, cancel := context.WithCancel(w.Context())
		var log strings.Builder
		p := w.process("p", func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
		result := p.spread(ctx, "set", []string{"x", "y"}, func(name string) Work { return w.works(name, time.Hour) })
		w.at(20 * time.Second)
		w.expect("0s y begins")
		if n := strings.Count(log.String(), "a name of a set is not got"); n < 3 || n > 5 || !strings.Contains(log.String(), "foreign record") {
			w.Error(n, log.String())
		}
		cancel()
		if err := <-result; err != nil {
			w.Error(err)
		}
		w.redis.FailCommands("NOPERM User x has no permissions")
		if err := p.Spread(w.Context(), "set", []string{"x"}, func(string) Work { return nothing }); !errors.Is(err, election.ErrDenied) {
			w.Error(err)
		}
		w.redis.FailCommands("")
	})
}

// A process can have two sessions for a while. It is a member under the one that it asks for names
// under: others wait for that.
func TestSpreadOfAProcessWithTwoSessions(t *testing.T) {
	bubble(t, true, func(w *world) {
		f := w.fleet("u", "v", "w", "x", "y", "z")
		a := f.process("a")
		a.client.BlackHole()
		ctx, cancel := context.WithCancel(w.Context())
		var all []<-chan error
		spread := func(p *process, id string) {
			all = append(all, p.spread(ctx, "set", f.names, func(name string) Work {
				return func(ctx context.Context, _ Term) error { return f.work(ctx, id, name) }
			}))
		}
		spread(w.process("b"), "b")
		spread(a, "a")
		w.at(2 * time.Second) // more than half of the trust is over
		go func() { _ = a.Do(ctx, "other", w.works("other", time.Hour)) }()
		w.at(2200 * time.Millisecond)
		a.client.Heal()
		w.at(3200 * time.Millisecond)
		if n := len(a.sessions()); n != 2 {
			w.Fatalf("%d sessions, want 2 for this test", n)
		}
		w.at(6 * time.Second)
		f.settled(2)
		cancel()
		for _, result := range all {
			if err := <-result; err != nil {
				w.Error(err)
			}
		}
	})
}

// An idle member sends two looks a lease, besides the beats of its session and its cleanup.
func TestSpreadCosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		ctx, cancel := context.WithCancel(t.Context())
		var all []<-chan error
		for range 5 {
			p := &process{Space: on(t, stub.Client(stub.Link()))}
			all = append(all, p.spread(ctx, "set", hundred()[:10], func(string) Work {
				return func(ctx context.Context, _ Term) error { <-ctx.Done(); return nil }
			}))
		}
		time.Sleep(2 * lease)
		var scripts atomic.Int64
		stub.Mini.Server().SetPreHook(func(_ *server.Peer, cmd string, _ ...string) bool {
			if strings.HasPrefix(cmd, "EVAL") {
				scripts.Add(1)
			}
			return false
		})
		time.Sleep(4 * lease)
		each := float64(scripts.Load()) / (5 * 4)
		t.Logf("%.1f scripts a lease for each member", each)
		if most := 2 + 8.5 + 1.5; each > most || each < 8 {
			t.Errorf("%v scripts a lease, want at most %v", each, most)
		}
		cancel()
		for _, result := range all {
			if err := <-result; err != nil {
				t.Error(err)
			}
		}
	})
}
