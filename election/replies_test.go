package election

// Shows S5: a request whose reply is lost is resolved, and trust counts from its first send.

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/record"
)

// clients are those with and without retries of their own.
var clients = map[string]option{"own client": func(*candidate) {}, "client that retries": plain}

// loseReply loses the answer to the next request for op of a candidate's record,
// sent by c: it is executed, and c cannot know.
func (c *candidate) loseReply(op, id string) {
	c.w.trap(op, id, 1, func(arrival) { c.link.LoseReplies(1) })
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
				a.loseReply("elected", "a")
				grants := w.written("elected")
				r := a.leader(obey)
				granted := w.lastWrite()
				if granted.rec.Term != int64(r.term) || w.written("elected") != grants+1 {
					w.Errorf("works in term %d after %d grants, the last of term %d", r.term, w.written("elected"), granted.rec.Term)
				}
				if a.anchor() != granted.at {
					w.Errorf("trust counts from %v, the first packet left at %v", a.anchor(), granted.at)
				}
				time.Sleep(time.Minute)
				if r.ctx.Err() != nil || a.count(KindElected) != 1 {
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
			w.trap("beat", "a", 1, func(r arrival) {
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
		w.trap("beat", "a", 1<<30, func(r arrival) {
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
		a.loseReply("released", "a")
		at := w.since()
		if err := ra.stop(); err != nil || ra.errAt > at+time.Second {
			w.Errorf("Lead = %v after %v", err, ra.errAt-at)
		}
		if got := w.record(); got.Status != record.Vacant || got.Term != int64(ra.term) || w.written("released") != 2 {
			w.Errorf("record %v after %d releases, want vacant after 2", got, w.written("released"))
		}
		if a.count(KindReleased) != 1 || a.count(KindReleaseFailed) != 0 {
			w.Errorf("events %v", a.kinds())
		}
	})
}

// The same when a successor follows before the release is asked for again.
func TestReleaseWhoseReplyIsLostAndSuccessor(t *testing.T) {
	bubble(t, func(w *world) {
		a, b := w.candidate("a"), w.candidate("b")
		ra := a.leader(obey)
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		a.loseReply("released", "a")
		if err := ra.stop(); err != nil {
			w.Errorf("Lead = %v", err)
		}
		rb.begun()
		if a.count(KindReleased) != 1 || a.count(KindReleaseFailed) != 0 {
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
				b.loseReply("asked", "a")
				err := b.StepDown(w.Context(), "")
				if b.plain && err != nil || !b.plain && !errors.Is(err, ErrUnavailable) {
					w.Errorf("StepDown = %v", err)
				}
				if err := b.StepDown(w.Context(), ""); err != nil {
					w.Errorf("StepDown once more = %v", err)
				}
				if err := r.wait(); !errors.Is(err, ErrStepDown) || w.written("asked") != 1 {
					w.Errorf("Lead = %v after %d requests", err, w.written("asked"))
				}
			})
		})
	}
}

func TestQuarantineWhoseReplyIsLost(t *testing.T) {
	withLostReplies(t, func(w *world, client option) {
		a := w.candidate("a", quarantine, client)
		a.loseReply("quarantined", "a")
		r := a.leader(obey)
		q := w.history()[0]
		if q.op != "quarantined" || w.written("quarantined")+w.written("lengthened") != 1 {
			w.Fatalf("wrote %v", w.history())
		}
		if waited := r.at - q.at; waited < 15*time.Second || waited > 16*time.Second+a.Timing().Beat {
			w.Errorf("elected %v after the quarantine", waited)
		}
		if n := a.count(KindQuarantined); n != 1 {
			w.Errorf("told %d times of the quarantine, want once", n)
		}
	})
}

func TestSettlingWhoseReplyIsLost(t *testing.T) {
	withLostReplies(t, func(w *world, client option) {
		_ = w.candidate("z").leader(obey).stop()
		a := w.candidate("a", client)
		w.trap("elected", "a", 1, func(arrival) { time.Sleep(3 * time.Second) })
		r := a.lead(obey)
		time.Sleep(time.Second)
		a.loseReply("grant_resolved", "z")
		_ = r.stop()
		time.Sleep(5 * time.Second)
		if got := w.record(); got.Status != record.Vacant || w.written("grant_resolved") != 1 || w.written("elected") != 1 {
			w.Errorf("record %v after %v", got, w.history())
		}
		if a.count(KindGrantUnresolved) != 0 {
			w.Error("told of a ghost")
		}
	})
}
