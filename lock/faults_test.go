package lock

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/space"
)

// A release whose answer is lost is sent again until it is answered, and the caller does not wait
// for that.
func TestALostReleaseIsSentAgain(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		err := a.Do(w.Context(), "x", func(context.Context, Term) error {
			a.client.Cut()
			return nil
		})
		if err != nil || w.since() > time.Second {
			w.Errorf("%v after %v", err, w.since())
		}
		w.at(time.Second)
		a.client.Heal()
		if err := b.Do(w.Context(), "x", nothing); err != nil || w.since() > 2500*time.Millisecond {
			w.Errorf("%v after %v", err, w.since())
		}
	})
}

// A grant whose answer was lost, of a call that gives up, is released.
func TestALostGrantIsReleased(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		if err := a.Do(w.Context(), "warm", nothing); err != nil {
			w.Fatal(err)
		}
		synctest.Wait() // the session listens by now
		a.client.LoseReplies(1)
		ctx, cancel := context.WithTimeout(w.Context(), time.Millisecond)
		defer cancel()
		if err := a.Try(ctx, "x", 0, nothing); err == nil {
			w.Fatal("granted")
		}
		if err := b.Do(w.Context(), "x", nothing); err != nil || w.since() > 500*time.Millisecond {
			w.Errorf("%v after %v", err, w.since())
		}
	})
}

// An acquire whose answer was lost is asked again, and is the same grant.
func TestAnAcquireIsAskedAgain(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a")
		if err := a.Do(w.Context(), "warm", nothing); err != nil {
			w.Fatal(err)
		}
		synctest.Wait() // the session listens by now
		a.client.LoseReplies(1)
		if err := a.Try(w.Context(), "x", time.Minute, nothing); err != nil || w.since() > time.Second {
			w.Errorf("%v after %v", err, w.since())
		}
	})
}

func TestWithoutAnAnswerErrorsSayTheServerIsAway(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a")
		a.client.Cut()
		for _, wait := range []time.Duration{0, 3 * time.Second} {
			before := w.since()
			err := a.Try(w.Context(), "x", wait, nothing)
			if !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrHeld) || w.since()-before > wait+time.Second {
				w.Errorf("%v after %v", err, w.since()-before)
			}
		}
	})
}

// A late copy of a request of one's own takes the lock in the name of a call that is over. It is
// in nobody's way for longer than the request that meets it.
func TestWhatALateCopyTookIsReleased(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		_, release, err := a.Hold(w.Context(), "other", 0) // keeps the session
		if err != nil {
			w.Fatal(err)
		}
		w.at(time.Second)
		ghost := space.Call{Name: "x", SID: a.session.sid, N: 77, Limit: 1}
		for i, p := range []*process{b, a} {
			got, err := a.link.store.Acquire(w.Context(), space.Ask{Call: ghost})
			if err != nil || got.Kind != space.Grant {
				w.Fatal(got, err)
			}
			before := w.since()
			if err := p.Do(w.Context(), "x", nothing); err != nil || w.since() != before {
				w.Errorf("%d: %v after %v", i, err, w.since()-before)
			}
		}
		_ = release()
	})
}

// What a dead session left is found by a cleanup, also if nobody asks for it.
func TestACleanupEndsDeadSessions(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		ctx, cancel := context.WithCancel(w.Context())
		go func() { _ = a.Do(ctx, "x", w.works("a", time.Hour)) }()
		_, release, err := b.Hold(w.Context(), "other", 0)
		if err != nil {
			w.Fatal(err)
		}
		w.at(time.Second)
		a.client.Cut()
		w.at(4 * lease)
		var left []string
		for f := range w.fields() {
			left = append(left, f)
		}
		if len(left) != 2 { // b's session, and what it holds
			w.Errorf("left: %q", left)
		}
		_ = release()
		cancel()
	})
}

// Beats go on only while something is held or waited for; an idle session is ended within a lease.
func TestAnIdleSessionEnds(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a")
		if err := a.Do(w.Context(), "x", nothing); err != nil {
			w.Fatal(err)
		}
		w.at(lease)
		if f := w.fields(); len(f) != 0 {
			w.Errorf("left: %v", f)
		}
		if n := a.count(election.KindBeat); n > 1 {
			w.Errorf("%d beats for nothing", n)
		}
		if a.count(election.KindRevoked) != 0 {
			w.Error("an idle session that ends is no loss")
		}
		if n := len(a.sessions()); n != 0 {
			w.Errorf("%d sessions run", n)
		}
		if err := a.Do(w.Context(), "x", nothing); err != nil {
			w.Error(err)
		}
	})
}

// The decision to end a session is final before anything is sent: a call that comes then begins
// another, and the end, however late it arrives, ends nothing of it.
func TestACallThatMeetsTheEndOfItsSession(t *testing.T) {
	bubble(t, true, func(w *world) {
		a, b := w.process("a"), w.process("b")
		if err := a.Do(w.Context(), "x", nothing); err != nil {
			w.Fatal(err)
		}
		synctest.Wait()
		a.client.SetLatency(20 * time.Millisecond)
		a.Space.mu.Lock()
		ending := a.session
		ending.idleFrom -= lease // and its trust has hardly begun
		a.Space.mu.Unlock()
		ending.hurry()
		synctest.Wait() // its end is under way
		c := a.newCall(a.link, request{name: "y", limit: 1})
		if c.session == ending {
			w.Error("a call begins under a session whose end is under way")
		}
		c.leaveSession()
		err := a.Do(w.Context(), "x", func(context.Context, Term) error {
			if err := b.Try(w.Context(), "x", 0, nothing); !errors.Is(err, ErrHeld) {
				w.Error(err)
			}
			return nil
		})
		if err != nil {
			w.Error(err)
		}
		if f := w.fields(); len(f) != 1 {
			w.Errorf("%v, and not the new session alone", f)
		}
	})
}

// The session is one for all that a process holds.
func TestThousandLocksAreOneBeat(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a")
		ctx, cancel := context.WithCancel(w.Context())
		for i := range 100 {
			if _, _, err := a.Hold(ctx, "x"+string(rune('a'+i/26))+string(rune('a'+i%26)), 0); err != nil {
				w.Fatal(err)
			}
		}
		w.at(10 * time.Second)
		if n := a.count(election.KindBeat); n < 14 || n > 17 {
			w.Errorf("%d beats in 10 s", n)
		}
		sessions := 0
		for f := range w.fields() {
			if strings.HasPrefix(f, "s:") {
				sessions++
			}
		}
		if sessions != 1 {
			w.Errorf("%d sessions", sessions)
		}
		cancel()
		a.freeAll()
	})
}

// freeAll releases what the test has forgotten.
func (p *process) freeAll() {
	for _, t := range p.sessions() {
		p.Space.mu.Lock()
		var held []*call
		for _, c := range t.calls {
			held = append(held, c)
		}
		p.Space.mu.Unlock()
		for _, c := range held {
			_ = c.finish(nil)
		}
	}
}

func TestCloseEndsTheSession(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a")
		if err := a.Do(w.Context(), "x", nothing); err != nil {
			w.Fatal(err)
		}
		for range 2 {
			if err := a.Close(); err != nil {
				w.Error(err)
			}
		}
		if f := w.fields(); len(f) != 0 || w.since() != 0 {
			w.Errorf("left: %v after %v", f, w.since())
		}
		if err := a.Do(w.Context(), "x", nothing); !errors.Is(err, ErrClosed) {
			w.Error(err)
		}
		if _, err := a.Holders(w.Context(), "x"); !errors.Is(err, ErrClosed) {
			w.Error(err)
		}
		if err := a.Check(); err != nil {
			w.Error(err)
		}
	})
}

// A client's clock that is a day off gives nobody a lock, and says so.
func TestAClockThatIsADayOff(t *testing.T) {
	bubble(t, true, func(w *world) {
		a := w.process("a")
		a.clock = skewed{a.clock}
		if err := a.Try(w.Context(), "x", time.Minute, nothing); !errors.Is(err, election.ErrUnfit) || w.since() != 0 {
			w.Errorf("%v after %v", err, w.since())
		}
		synctest.Wait()
	})
}
