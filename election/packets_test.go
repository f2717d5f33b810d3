package election

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// A beat that arrives when a successor leads changes nothing.
func TestLateBeatChangesNothing(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		ra := a.leader(obey)
		rb := w.candidate("b").lead(obey)
		time.Sleep(time.Minute)
		w.trap("beat", "a", 1, func(arrival) {
			a.swallow()
			time.Sleep(time.Minute)
		})
		rb.begun()
		_ = ra.wait()
		before := w.written("beat")
		a.heal()
		time.Sleep(50 * time.Second) // the late one has arrived
		if got := w.record(); got.Holder != "b" || rb.ctx.Err() != nil {
			w.Errorf("record %v, successor's context %v", got, rb.ctx.Err())
		}
		if n := w.written("beat") - before; n > 27 || n < 25 {
			w.Errorf("%d beats in 50 s", n)
		}
	})
}

// Every packet of a whole succession arrives a second time, and a third, much
// later: none of them changes anything.
func TestRepeatedPacketsChangeNothing(t *testing.T) {
	bubble(t, func(w *world) {
		a, b := w.candidate("a"), w.candidate("b")
		network := w.stub.Client(w.stub.Link())
		repeat := func(r arrival) {
			for _, after := range []time.Duration{time.Millisecond, 3 * time.Second, 40 * time.Second} {
				time.AfterFunc(after, func() { w.repeat(network, r) })
			}
		}
		for _, op := range []string{"elected", "beat", "released", "asked"} {
			w.trap(op, "a", 1<<30, repeat)
			w.trap(op, "b", 1<<30, repeat)
		}
		ra := a.leader(obey)
		rb := b.lead(obey)
		time.Sleep(20 * time.Second)
		if err := b.StepDown(w.Context(), ""); err != nil {
			w.Errorf("StepDown = %v", err)
		}
		rb.begun()
		_ = ra.wait()
		ra = a.lead(obey)
		time.Sleep(20 * time.Second)
		_ = rb.stop()
		ra.begun()
		time.Sleep(20 * time.Second)
		if ra.ctx.Err() != nil || a.count(KindRecordLost)+b.count(KindRecordLost) != 0 {
			w.Errorf("the repetitions were noticed: %v, %v", a.kinds(), b.kinds())
		}
		for i, wr := range w.history()[1:] {
			if before := w.history()[i].rec; wr.rec.Term < before.Term || wr.rec.Term == before.Term && wr.rec.Beat <= before.Beat {
				w.Errorf("%v was written after %v", wr.rec, before)
			}
		}
		expectTerms(w, 3)
		_ = ra.stop()
	})
}

const repetition = "a repetition"

// repeat sends a request again; the traps don't notice.
func (w *world) repeat(network *redis.Client, r arrival) {
	args := []any{"EVAL", register.CasSource}
	for _, arg := range r.args[1:] {
		args = append(args, arg)
	}
	args = append(args, repetition) // one more channel, where nobody listens
	_ = network.Do(w.Context(), args...).Err()
}

// The answer to an attempt that was given up comes back when later beats were
// confirmed: the compare failed, but the record is ours.
func TestMismatchOfASupersededAttemptKillsNobody(t *testing.T) {
	for _, late := range []time.Duration{1600, 2500, 4000, 8000} {
		bubble(t, func(w *world) {
			a := w.candidate("a", slowReads)
			r := a.leader(obey)
			time.Sleep(time.Minute)
			w.trap("beat", "a", 1, func(arrival) { time.Sleep(late * time.Millisecond) })
			time.Sleep(time.Minute)
			if r.ctx.Err() != nil || a.count(KindBeatFailed) != 1 {
				w.Errorf("%v: %v", late, a.kinds())
			}
			_ = r.stop()
		})
	}
}

// A grant that is answered later than half of its trust is released, and its
// candidate leaves leadership to others for a lease, then two, four and eight.
func TestSlowGrantsAreGivenBack(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		delayed := map[string]bool{}
		slow := func(r arrival) {
			if !delayed[r.args[5]] {
				delayed[r.args[5]] = true
				a.link.Stall(link.ToClient)
				time.AfterFunc(5*time.Second, func() { a.link.Resume() })
			}
		}
		w.trap("elected", "a", 1<<30, slow)
		r := a.lead(obey)
		time.Sleep(15 * (1 + 2 + 4 + 8 + 8) * time.Second)
		if r.isElected() {
			w.Fatal("elected although no grant was answered within half of the trust")
		}
		w.disarm()
		r.begun()
		expectStandBack(w, 1, 2, 4, 8, 8)
		time.Sleep(time.Minute)
		_ = r.stop()

		// After a term the count begins anew.
		w.trap("elected", "a", 1<<30, slow)
		n := len(w.history())
		r = a.lead(obey)
		time.Sleep(30 * time.Second)
		w.disarm()
		r.begun()
		w.writes = w.writes[n:]
		expectStandBack(w, 1, 2)
	})
}

// expectStandBack checks how many leases lay between each release and the grant
// after it.
func expectStandBack(w *world, leases ...int) {
	w.Helper()
	var got []int
	var released time.Duration
	for _, wr := range w.history() {
		switch {
		case wr.op == "released":
			released = wr.at
		case wr.op == "elected" && released > 0:
			waited := wr.at - released
			if waited%(15*time.Second) > time.Second {
				w.Errorf("stood back for %v", waited)
			}
			got = append(got, int(waited/(15*time.Second)))
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(leases) {
		w.Errorf("stood back for %v leases, want %v", got, leases)
	}
}

// An answer within half of the trust is early enough, and trust counts from the
// request all the same.
func TestGrantWithinHalfOfTheTrustIsKept(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		w.trap("elected", "a", 1, func(arrival) {
			a.link.Stall(link.ToClient)
			time.AfterFunc(4*time.Second, func() { a.link.Resume() })
		})
		w.trap("beat", "a", 1, func(arrival) { a.link.Stall(link.ToClient) }) // or its answer could be first
		r := a.leader(obey)
		if granted := w.history()[0].at; a.anchor() != granted || r.at <= granted+3*time.Second {
			w.Errorf("elected at %v, trust counts from %v, granted at %v", r.at, a.anchor(), granted)
		}
	})
}

// A late success is no success: what comes when trust has ended revives nothing.
func TestAnswerAfterTrustRevivesNothing(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		until := make(chan struct{})
		r := a.leader(ignoring(until))
		time.Sleep(time.Minute)
		last := a.anchor()
		a.link.Stall(link.ToClient)
		w.sleepUntil(a.trustFrom(last))
		if r.isOver() || r.ctx.Err() == nil || a.IsLeader() {
			w.Errorf("context %v when trust has ended", r.ctx.Err())
		}
		time.Sleep(500 * time.Millisecond)
		a.link.Resume()
		time.Sleep(10 * time.Second)
		if r.ctx.Err() == nil || a.IsLeader() {
			w.Error("answers from before revived the term")
		}
		if got := w.lastWrite().at; got < w.since()-a.Timing().Beat {
			w.Errorf("the last beat is of %v: the record is not kept until the work has ended", got)
		}
		if err := a.Check(); err == nil {
			w.Error("Check finds nothing wrong with work that runs past its trust")
		}
		close(until)
		if err := r.wait(); !errors.Is(err, ErrExpired) || a.count(KindRevoked) != 1 {
			w.Errorf("Lead = %v, events %v", err, a.kinds())
		}
		if got := w.record(); got.Status != record.Vacant {
			w.Errorf("record %v, want vacant", got)
		}
	})
}

// A deadline that is further away than a time.Duration can tell is as good as none.
func TestADeadlineInTheFarFuture(t *testing.T) {
	bubble(t, func(w *world) {
		ctx, cancel := context.WithDeadline(w.Context(), time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC))
		defer cancel()
		a := w.candidate("a")
		elected := make(chan struct{})
		ended := make(chan error)
		go func() {
			ended <- a.Lead(ctx, func(ctx context.Context, _ Term) error {
				close(elected)
				<-ctx.Done()
				return nil
			})
		}()
		w.await(elected, "nobody is elected")
		if l, err := a.Leader(ctx); err != nil || l.ID != "a" {
			w.Errorf("Leader = %+v, %v", l, err)
		}
		if err := a.StepDown(ctx, ""); err != nil {
			w.Errorf("StepDown = %v", err)
		}
		if err := <-ended; !errors.Is(err, ErrStepDown) {
			w.Errorf("Lead = %v", err)
		}
	})
}

// A request that is heard of while a beat is under way may be younger than that beat's
// answer. So another beat follows the answer at once, not when the next one is due.
func TestARequestDuringABeatIsFollowedByAnother(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		a.leader(obey)
		time.Sleep(time.Minute)
		var held time.Duration
		w.trap("beat", "a", 1, func(arrival) {
			held = w.since()
			w.stub.Mini.Publish(a.place.Leader(), askedToStepDown)
			time.Sleep(50 * time.Millisecond)
		})
		w.sleepUntil(time.Minute + 10*time.Second)
		if n := w.beatsSince(held); held == 0 || n < 2 {
			w.Fatalf("%d beats since %v", n, held)
		}
		beats := 0
		for _, wr := range w.history() {
			if wr.at >= held && wr.at <= held+50*time.Millisecond+spread {
				beats++
			}
		}
		if beats != 2 {
			w.Errorf("%d beats within 50 ms of the request, want that which was under way and one more", beats)
		}
	})
}
