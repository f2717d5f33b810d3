package election

// Shows a promise of Observe and Leader: they say who leads, and when nobody does.

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/internal/register"
)

// sight is what an Observe yielded, and when.
type sight struct {
	at  time.Duration
	by  string
	err error
	l   Leader
}

// watch collects what Observe yields.
type watch struct {
	w      *world
	cancel context.CancelFunc
	ended  chan struct{}
	mu     sync.Mutex
	seen   []sight
}

func (c *candidate) watchOver() *watch {
	ctx, cancel := context.WithCancel(context.Background())
	o := &watch{w: c.w, cancel: cancel, ended: make(chan struct{})}
	c.w.Cleanup(func() { cancel(); <-o.ended })
	go func() {
		defer close(o.ended)
		for l, err := range c.Observe(ctx) {
			o.mu.Lock()
			o.seen = append(o.seen, sight{c.w.since(), l.ID, err, l})
			o.mu.Unlock()
		}
	}()
	return o
}

// sights are what was yielded so far.
func (o *watch) sights() []sight {
	synctest.Wait()
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.seen)
}

// expect checks by name who was seen: "-" is nobody, "!" an error.
func (o *watch) expect(want string) []sight {
	o.w.Helper()
	var got []string
	seen := o.sights()
	for _, s := range seen {
		switch {
		case s.err != nil:
			got = append(got, "!")
		case s.l.Nobody():
			got = append(got, "-")
		case s.l.Draining:
			got = append(got, s.by+"↓")
		default:
			got = append(got, s.by)
		}
	}
	if g := strings.Join(got, " "); g != want {
		o.w.Fatalf("%v: saw %q, want %q", o.w.since(), g, want)
	}
	return seen
}

func TestObserveFollowsTheLeader(t *testing.T) {
	bubble(t, func(w *world) {
		o := w.candidate("o").watchOver()
		time.Sleep(time.Minute)
		if s := o.expect("-"); s[0].at != 0 {
			w.Errorf("nobody was seen at %v only", s[0].at)
		}
		a, b := w.candidate("a"), w.candidate("b")
		ra := a.leader(a.lingering(time.Second))
		time.Sleep(time.Minute)
		if s := o.expect("- a"); s[1].at > ra.at+3*time.Second || s[1].l != (Leader{ID: "a", Term: ra.term, Lease: 15 * time.Second}) {
			w.Errorf("saw %+v at %v, elected at %v", s[1].l, s[1].at, ra.at)
		}
		at := w.since()
		_ = b.StepDown(w.Context(), "")
		time.Sleep(2 * time.Second)
		s := o.expect("- a a↓ -") // before there is a successor: a state that is over at once may be missed
		b.lead(obey)
		time.Sleep(time.Minute)
		o.expect("- a a↓ - b")
		if s[2].at != at || s[3].at != at+time.Second {
			w.Errorf("saw the request after %v and the vacancy after %v", s[2].at-at, s[3].at-at)
		}
	})
}

// A leader that is silent is nobody a lease after its last sign, exactly.
func TestObserveJudgesSilence(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		a.leader(obey)
		o := w.candidate("o").watchOver()
		time.Sleep(time.Minute)
		last := w.lastWrite().at
		a.swallow()
		time.Sleep(time.Minute)
		if s := o.expect("a -"); s[1].at != last+15*time.Second {
			w.Errorf("nobody led %v after the last beat, want 15s", s[1].at-last)
		}
	})
}

// Without pushes a look finds the same, later.
func TestObserveWithoutPushes(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(obey)
		o := w.candidate("o", deaf).watchOver()
		time.Sleep(time.Minute)
		at := w.since()
		_ = r.stop()
		time.Sleep(10 * time.Second)
		if s := o.expect("a -"); s[1].at > at+a.Timing().Beat*11/10 {
			w.Errorf("saw the vacancy after %v", s[1].at-at)
		}
	})
}

func TestObserveYieldsAnErrorOnceAndRecovers(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(obey)
		c := w.candidate("o")
		o := c.watchOver()
		time.Sleep(time.Minute)
		c.cut()
		time.Sleep(time.Minute)
		if s := o.expect("a !"); !errors.Is(s[1].err, ErrUnavailable) || !s[1].l.Nobody() {
			w.Errorf("saw %+v, %v", s[1].l, s[1].err)
		}
		c.heal()
		time.Sleep(c.Timing().Beat)
		o.expect("a ! a") // unchanged, and told in any case
		w.overwrite("mylock")
		time.Sleep(10 * time.Second)
		if s := o.expect("a ! a !"); !errors.Is(s[3].err, ErrForeignRecord) {
			w.Errorf("saw %v", s[3].err)
		}
		_ = r.wait()
		w.flush()
		time.Sleep(10 * time.Second)
		o.expect("a ! a ! -")
	})
}

// Who watches while a leader dies and another takes over sees the one, nobody,
// and the other; a quarantine is nobody.
func TestObserveTheWholeStory(t *testing.T) {
	bubble(t, func(w *world) {
		o := w.candidate("o").watchOver()
		a, b := w.candidate("a", quarantine), w.candidate("b", quarantine)
		ra := a.lead(obey)
		time.Sleep(time.Second)
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		o.expect("- a")
		a.cut()
		rb.begun()
		synctest.Wait()
		o.expect("- a - b")
		_ = ra.wait()
		w.flush()
		_ = rb.wait()
		a.heal()
		a.lead(obey)
		time.Sleep(25 * time.Second)
		o.expect("- a - b - a")
	})
}

func TestObserveEndsWithItsContext(t *testing.T) {
	bubble(t, func(w *world) {
		w.candidate("a").leader(obey)
		o := w.candidate("o").watchOver()
		time.Sleep(10 * time.Second)
		o.cancel()
		synctest.Wait()
		if !isClosed(o.ended) {
			w.Error("goes on after its context has ended")
		}
		o.expect("a")
		over, cancel := context.WithCancel(w.Context())
		cancel()
		for range w.candidate("p").Observe(over) {
			w.Error("yielded something although its context was over")
		}
	})
}

// A deadline that comes while a look is under way ends the loop like any other end
// of the context: that is no trouble with Redis.
func TestObserveUnderADeadline(t *testing.T) {
	for range 50 {
		bubble(t, func(w *world) {
			c := w.candidate("c")
			c.swallow()
			ctx, cancel := context.WithTimeout(w.Context(), c.Timing().Attempt/2)
			defer cancel()
			at := w.since()
			for l, err := range c.Observe(ctx) {
				w.Fatalf("yielded %v, %v", l, err)
			}
			if took := w.since() - at; took > c.Timing().Attempt/2+register.Afterwards {
				w.Errorf("took %v", took)
			}
		})
	}
}

func TestObserveLeavesNothingBehindWhenTheLoopIsLeft(t *testing.T) {
	bubble(t, func(w *world) {
		w.candidate("a").leader(obey)
		c := w.candidate("o", unwrapped)
		for range 3 {
			for l, err := range c.Observe(w.Context()) {
				if l.ID != "a" || err != nil {
					w.Errorf("saw %v, %v", l, err)
				}
				break
			}
			if c.conn.users != 0 || c.link.Conns() != 0 {
				w.Errorf("%d users, %d connections", c.conn.users, c.link.Conns())
			}
		}
		if err := c.conn.Close(); err != nil {
			w.Errorf("Close = %v", err)
		}
		for _, err := range c.Observe(w.Context()) {
			if !errors.Is(err, ErrClosed) {
				w.Errorf("Observe after Close yielded %v", err)
			}
		}
	})
}

// A consumer that is slow misses changes, not the latest state.
func TestObserveIsLevelTriggered(t *testing.T) {
	bubble(t, func(w *world) {
		for i := range 3 {
			w.candidate(string(rune('a'+i)), coolDown(20*time.Second)).keep(lasting(5*time.Second, nil))
		}
		var last Leader
		reads := 0
		for l, err := range w.candidate("o").Observe(w.Context()) {
			if err != nil {
				w.Errorf("yielded %v", err)
			}
			if reads++; reads > 10 {
				break
			}
			if !l.Nobody() && l.Term < last.Term {
				w.Errorf("saw term %d after %d", l.Term, last.Term)
			}
			last = l
			time.Sleep(7 * time.Second)
		}
	})
}

// Observing needs no right to run scripts.
func TestObserveWithoutScripts(t *testing.T) {
	for answer := range permanent {
		if strings.Contains(answer, "CROSSSLOT") || strings.Contains(answer, "WRONGPASS") || strings.Contains(answer, "NOAUTH") {
			continue
		}
		bubble(t, func(w *world) {
			a := w.candidate("a")
			_ = a.leader(obey).stop()
			w.put(sample)
			w.refuse(scripts(answer))
			c := w.candidate("o")
			if l, err := c.Leader(w.Context()); err != nil || l.ID != "somebody" {
				w.Errorf("Leader = %v, %v", l, err)
			}
			o := c.watchOver()
			time.Sleep(time.Minute)
			o.expect("somebody -")
			w.overwrite("")
			time.Sleep(10 * time.Second)
			o.expect("somebody - !")
			w.flush()
			time.Sleep(10 * time.Second)
			o.expect("somebody - ! -")
		})
	}
}

func TestLeaderLooksOnce(t *testing.T) {
	bubble(t, func(w *world) {
		c := w.candidate("o")
		if l, err := c.Leader(w.Context()); !errors.Is(err, ErrNoElection) || !l.Nobody() {
			w.Errorf("Leader = %v, %v without a record", l, err)
		}
		r := w.candidate("a").leader(obey)
		looks := w.requests("look")
		if l, err := c.Leader(w.Context()); err != nil || l.ID != "a" || l.Term != r.term {
			w.Errorf("Leader = %v, %v", l, err)
		}
		if n := w.requests("look") - looks; n != 1 {
			w.Errorf("%d looks", n)
		}
		_ = r.stop()
		if l, err := c.Leader(w.Context()); err != nil || !l.Nobody() {
			w.Errorf("Leader = %v, %v of a vacant record", l, err)
		}
		c.swallow()
		at := w.since()
		if _, err := c.Leader(w.Context()); !errors.Is(err, ErrUnavailable) {
			w.Errorf("Leader = %v", err)
		}
		if took := w.since() - at; took > c.Timing().Attempt {
			w.Errorf("Leader took %v, want an attempt at most", took)
		}
	})
}

// A single look needs a single connection.
func TestLeaderNeedsOneConnection(t *testing.T) {
	bubble(t, func(w *world) {
		c := w.candidate("o", unwrapped)
		before := w.stub.Mini.TotalConnectionCount()
		_, _ = c.Leader(w.Context())
		if n := w.stub.Mini.TotalConnectionCount() - before; n != 1 {
			w.Errorf("%d connections for a look", n)
		}
		before = w.stub.Mini.TotalConnectionCount()
		_ = c.StepDown(w.Context(), "")
		if n := w.stub.Mini.TotalConnectionCount() - before; n != 1 {
			w.Errorf("%d connections for a request", n)
		}
	})
}
