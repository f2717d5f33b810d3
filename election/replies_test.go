package election

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/link"
)

// clients are those with and without retries of their own.
var clients = map[string]option{"own client": func(*candidate) {}, "client that retries": plain}

// loseReply loses the answer to the next request for op of a candidate's record,
// sent by c: it is executed, and c cannot know.
func (c *candidate) loseReply(op, id string) {
	c.w.trap(op, id, 1, func(request) { c.link.LoseReplies(1) })
}

// withLostReplies runs f for each kind of client.
func withLostReplies(t *testing.T, f func(w *world, client option)) {
	t.Helper()
	for name, client := range clients {
		t.Run(name, func(t *testing.T) { bubble(t, func(w *world) { f(w, client) }) })
	}
}

func TestGrantWhoseReplyIsLost(t *testing.T) {
	befores := map[string]func(w *world){
		"absent": func(*world) {},
		"vacant": func(w *world) { _ = w.candidate("z").leader(obey).stop() },
		"silent": func(w *world) {
			z := w.candidate("z")
			z.leader(obey)
			z.swallow()
		},
		"quarantined": func(w *world) {
			r := w.candidate("z", quarantine).lead(obey)
			time.Sleep(time.Second)
			_ = r.stop()
		},
	}
	for name, before := range befores {
		t.Run(name, func(t *testing.T) {
			withLostReplies(t, func(w *world, client option) {
				before(w)
				a := w.candidate("a", client)
				a.loseReply("grant", "a")
				grants := w.written("grant")
				r := a.leader(obey)
				granted := w.lastWrite()
				if granted.rec.term != r.term || w.written("grant") != grants+1 {
					w.Errorf("works in term %d after %d grants, the last of term %d", r.term, w.written("grant"), granted.rec.term)
				}
				if a.anchor() != granted.at {
					w.Errorf("trust counts from %v, the first packet left at %v", a.anchor(), granted.at)
				}
				time.Sleep(time.Minute)
				if r.ctx.Err() != nil || a.count(Elected) != 1 {
					w.Errorf("the term did not go on: %v", a.kinds())
				}
			})
		})
	}
}

func TestBeatWhoseReplyIsLost(t *testing.T) {
	withLostReplies(t, func(w *world, client option) {
		a := w.candidate("a", client)
		r := a.leader(obey)
		for range 5 {
			time.Sleep(10 * time.Second)
			var sent time.Duration
			var bytes string
			w.trap("beat", "a", 1, func(r request) {
				sent, bytes = w.since(), r.args[5]
				a.link.LoseReplies(1)
			})
			w.sleepUntil(w.since() + a.Timing().Beat)
			n := 0
			for _, wr := range w.history() {
				if wr.bytes == bytes {
					n++
				}
			}
			if a.anchor() < sent || n != 1 {
				w.Errorf("%v: anchor %v, beat first sent at %v and written %d times", w.since(), a.anchor(), sent, n)
			}
		}
		if r.ctx.Err() != nil {
			w.Errorf("the term ended: %v", a.kinds())
		}
	})
}

// The anchor of a beat that had to be sent again is its first send: the beat may
// have landed then.
func TestTrustCountsFromTheFirstSend(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(obey)
		time.Sleep(time.Minute)
		var first time.Duration
		var bytes string
		w.trap("beat", "a", 1<<30, func(r request) {
			switch {
			case first == 0: // its answer does not get through for 5 s
				first, bytes = w.since(), r.args[5]
				a.link.Swallow(link.ToClient)
				time.AfterFunc(5*time.Second, a.link.Heal)
			case r.args[5] != bytes: // the next beat: it was confirmed by a repetition
				a.swallow()
			}
		})
		at, _ := r.over()
		synctest.Wait()
		if at != a.trustFrom(first) {
			w.Errorf("the context ended %v after the first send, want %v", at-first, a.Timing().Trust)
		}
	})
}

// trustFrom is when trust ends that counts from then.
func (c *candidate) trustFrom(at time.Duration) time.Duration { return at + c.Timing().Trust }

func TestReleaseWhoseReplyIsLost(t *testing.T) {
	withLostReplies(t, func(w *world, client option) {
		a := w.candidate("a", client)
		rb := w.candidate("b").lead(obey)
		rb.begun()
		ra := a.lead(obey)
		time.Sleep(time.Minute)
		_ = rb.stop()
		ra.begun()
		time.Sleep(time.Minute)
		a.loseReply("release", "a")
		at := w.since()
		if err := ra.stop(); err != nil || ra.errAt > at+time.Second {
			w.Errorf("Lead = %v after %v", err, ra.errAt-at)
		}
		if got := w.record(); got.status != vacant || got.term != ra.term || w.written("release") != 2 {
			w.Errorf("record %v after %d releases, want vacant after 2", got, w.written("release"))
		}
		if a.count(Released) != 1 || a.count(ReleaseFailed) != 0 {
			w.Errorf("events %v", a.kinds())
		}
	})
}

func TestStepDownWhoseReplyIsLost(t *testing.T) {
	for name, client := range clients {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				a, b := w.candidate("a"), w.candidate("b", client)
				r := a.leader(a.lingering(time.Second))
				time.Sleep(time.Minute)
				b.loseReply("step down", "a")
				err := b.StepDown(w.Context())
				if b.plain && err != nil || !b.plain && !errors.Is(err, ErrUnavailable) {
					w.Errorf("StepDown = %v", err)
				}
				if err := b.StepDown(w.Context()); err != nil {
					w.Errorf("StepDown once more = %v", err)
				}
				if err := r.wait(); !errors.Is(err, ErrStepDown) || w.written("step down") != 1 {
					w.Errorf("Lead = %v after %d requests", err, w.written("step down"))
				}
			})
		})
	}
}

func TestQuarantineWhoseReplyIsLost(t *testing.T) {
	withLostReplies(t, func(w *world, client option) {
		a := w.candidate("a", quarantine, client)
		a.loseReply("quarantine", "a")
		r := a.leader(obey)
		q := w.history()[0]
		if q.op != "quarantine" || w.written("quarantine")+w.written("lengthen") != 1 {
			w.Fatalf("wrote %v", w.history())
		}
		if waited := r.at - q.at; waited < 15*time.Second || waited > 16*time.Second+a.Timing().Beat {
			w.Errorf("elected %v after the quarantine", waited)
		}
		if n := a.count(Quarantined); n != 1 {
			w.Errorf("told %d times of the quarantine, want once", n)
		}
	})
}

func TestSettlingWhoseReplyIsLost(t *testing.T) {
	withLostReplies(t, func(w *world, client option) {
		_ = w.candidate("z").leader(obey).stop()
		a := w.candidate("a", client)
		w.trap("grant", "a", 1, func(request) { time.Sleep(3 * time.Second) })
		r := a.lead(obey)
		time.Sleep(time.Second)
		a.loseReply("settle", "z")
		_ = r.stop()
		time.Sleep(5 * time.Second)
		if got := w.record(); got.status != vacant || w.written("settle") != 1 || w.written("grant") != 1 {
			w.Errorf("record %v after %v", got, w.history())
		}
		if a.count(Ghost) != 0 {
			w.Error("told of a ghost")
		}
	})
}

// A beat that arrives when a successor is in office changes nothing.
func TestLateBeatChangesNothing(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		ra := a.leader(obey)
		rb := w.candidate("b").lead(obey)
		time.Sleep(time.Minute)
		w.trap("beat", "a", 1, func(request) {
			a.swallow()
			time.Sleep(time.Minute)
		})
		rb.begun()
		_ = ra.wait()
		before := w.written("beat")
		a.heal()
		time.Sleep(50 * time.Second) // the late one has arrived
		if got := w.record(); got.holder != "b" || rb.ctx.Err() != nil {
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
		repeat := func(r request) {
			for _, after := range []time.Duration{time.Millisecond, 3 * time.Second, 40 * time.Second} {
				time.AfterFunc(after, func() { w.repeat(network, r) })
			}
		}
		for _, op := range []string{"grant", "beat", "release", "step down"} {
			w.trap(op, "a", 1<<30, repeat)
			w.trap(op, "b", 1<<30, repeat)
		}
		ra := a.leader(obey)
		rb := b.lead(obey)
		time.Sleep(20 * time.Second)
		if err := b.StepDown(w.Context()); err != nil {
			w.Errorf("StepDown = %v", err)
		}
		rb.begun()
		_ = ra.wait()
		ra = a.lead(obey)
		time.Sleep(20 * time.Second)
		_ = rb.stop()
		ra.begun()
		time.Sleep(20 * time.Second)
		if ra.ctx.Err() != nil || a.count(HistoryLost)+b.count(HistoryLost) != 0 {
			w.Errorf("the repetitions were noticed: %v, %v", a.kinds(), b.kinds())
		}
		for i, wr := range w.history()[1:] {
			if before := w.history()[i].rec; wr.rec.term < before.term || wr.rec.term == before.term && wr.rec.beat <= before.beat {
				w.Errorf("%v was written after %v", wr.rec, before)
			}
		}
		expectTerms(w, 3)
		_ = ra.stop()
	})
}

// repeat sends a request again; the traps don't notice.
func (w *world) repeat(network *redis.Client, r request) {
	args := []any{"EVAL", casSource}
	for _, arg := range r.args[1:] {
		args = append(args, arg)
	}
	args = append(args, "a repetition")
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
			w.trap("beat", "a", 1, func(request) { time.Sleep(late * time.Millisecond) })
			time.Sleep(time.Minute)
			if r.ctx.Err() != nil || a.count(BeatFailed) != 1 {
				w.Errorf("%v: %v", late, a.kinds())
			}
			_ = r.stop()
		})
	}
}

// A grant that is answered later than half of its trust is released, and its
// candidate leaves the office to others for a lease, then two, four and eight.
func TestSlowGrantsAreGivenBack(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		delayed := map[string]bool{}
		slow := func(r request) {
			if !delayed[r.args[5]] {
				delayed[r.args[5]] = true
				a.link.Stall(link.ToClient)
				time.AfterFunc(5*time.Second, func() { a.link.Resume() })
			}
		}
		w.trap("grant", "a", 1<<30, slow)
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
		w.trap("grant", "a", 1<<30, slow)
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
		case wr.op == "release":
			released = wr.at
		case wr.op == "grant" && released > 0:
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
		w.trap("grant", "a", 1, func(request) {
			a.link.Stall(link.ToClient)
			time.AfterFunc(4*time.Second, func() { a.link.Resume() })
		})
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
		if err := r.wait(); !errors.Is(err, ErrExpired) || a.count(Revoked) != 1 {
			w.Errorf("Lead = %v, events %v", err, a.kinds())
		}
		if got := w.record(); got.status != vacant {
			w.Errorf("record %v, want vacant", got)
		}
	})
}

// An answer that came is an answer, whatever else happens at that instant.
func TestAnswersAreNotLostOnTheWayBack(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		a.leader(obey)
		answer := func(context.Context) (sighting, error) { return sighting{}, nil }
		for range 5000 {
			if _, err := ask(w.Context(), a.conn.session, time.Second, answer, a.memory); err != nil {
				w.Fatalf("an answer became %v", err)
			}
		}
	})
}
