package election

// Shows S2 and S7: terms rise after a loss, and after Redis has lost its data nobody is elected before a full lease has passed.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// Redis forgets everything while somebody leads: the leader stops at its next
// beat, nobody grabs, and nobody writes the old record anew.
func TestFlushWhileLeading(t *testing.T) {
	t.Parallel()
	for phase := range 5 {
		for _, hints := range []option{func(*candidate) {}, deaf} {
			bubble(t, func(w *world) {
				a, b := w.candidate("a", hints), w.candidate("b", hints)
				ra := a.leader(obey)
				rb := b.lead(obey)
				rc := w.candidate("c", hints, quarantine).lead(obey)
				time.Sleep(time.Minute + 50*time.Millisecond + time.Duration(phase)*400*time.Millisecond) // never with a beat
				w.flush()
				flushed := w.since()
				expectHistoryLost(w, ra, flushed)
				again := a.lead(obey)
				w.sleepUntil(flushed + a.Timing().Lease)
				if rb.isElected() || rc.isElected() || again.isElected() {
					w.Errorf("elected within a lease")
				}
				w.sleepUntil(flushed + a.Timing().Failover().Worst)
				expectTerms(w, 2)
				expectAfterFlush(w, "quarantined elected")
			})
		}
	}
}

// expectHistoryLost checks how a leader ends whose record is gone since then.
func expectHistoryLost(w *world, r *run, since time.Duration) {
	w.Helper()
	at, cause := r.over()
	if at > since+r.c.Timing().Beat || !errors.Is(cause, ErrLost) {
		w.Errorf("the term ended %v after its record with %v, want at the next beat with %v", at-since, cause, ErrLost)
	}
	var lost *Error
	if err := r.wait(); !errors.Is(err, ErrLost) || !errors.As(err, &lost) || !lost.Leader.Nobody() || lost.Name != "x" || lost.Detail == "" {
		w.Errorf("Lead = %v (%+v)", err, lost)
	}
	told := slices.DeleteFunc(r.c.kinds(), func(k Kind) bool { return k == KindBeatFailed })
	if got := fmt.Sprint(told); got != "[elected record_lost revoked]" {
		w.Errorf("events %v", got)
	}
	if ev := r.c.event(KindRevoked); ev.Reason != ReasonLost {
		w.Errorf("revoked for %q", ev.Reason)
	}
}

// expectAfterFlush checks what was written after the last flush, beats left out.
func expectAfterFlush(w *world, want string) {
	w.Helper()
	var got []string
	for _, wr := range w.history() {
		switch wr.op {
		case "flush":
			got = nil
		case "beat":
		default:
			got = append(got, wr.op)
		}
	}
	if strings.Join(got, " ") != want {
		w.Errorf("after the flush %q was written, want %q", got, want)
	}
}

// A leader that cannot know of it goes on within its trust, with the slowest work
// that is allowed: others wait long enough.
func TestFlushBehindACutOffLeader(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		a.leader(a.lingering(a.Timing().Grace - 1))
		rb := w.candidate("b").lead(obey)
		time.Sleep(58901 * time.Millisecond) // just after a beat
		a.cut()
		w.flush()
		rb.begun()
		if rb.at < 58900*time.Millisecond+15*time.Second {
			w.Errorf("elected at %v", rb.at)
		}
	})
}

func TestFlushWhileNobodyLeads(t *testing.T) {
	befores := map[string]func(w *world) []*run{
		"quarantined": func(w *world) []*run { _, runs := start(w, 5, quarantine); return runs },
		"silent": func(w *world) []*run {
			a := w.candidate("z")
			a.leader(obey)
			_, runs := start(w, 5)
			a.swallow()
			return runs
		},
	}
	for name, before := range befores {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				runs := before(w)
				terms := len(w.terms())
				time.Sleep(10 * time.Second)
				w.flush()
				time.Sleep(10 * time.Second)
				w.flush()
				flushed := w.since()
				w.sleepUntil(flushed + 15*time.Second)
				expectTerms(w, terms)
				w.sleepUntil(flushed + runs[0].c.Timing().Failover().Worst)
				expectTerms(w, terms+1)
				expectAfterFlush(w, "quarantined elected")
			})
		})
	}
}

func TestRedisRestartsEmpty(t *testing.T) {
	bubble(t, func(w *world) {
		all, runs := start(w, 3)
		time.Sleep(time.Minute)
		for _, c := range all {
			c.cut()
		}
		time.Sleep(3 * time.Second)
		w.flush()
		restarted := w.since()
		for _, c := range all {
			c.heal()
		}
		for _, r := range runs {
			if isClosed(r.elected) {
				expectHistoryLost(w, r, restarted)
			}
		}
		w.sleepUntil(restarted + healBound(all[0]))
		expectTerms(w, 2)
		if at := w.terms()[1].at; at < restarted+15*time.Second {
			w.Errorf("elected %v after the restart", at-restarted)
		}
	})
}

// Immediate is for who has never seen a record: afterwards absence is a loss.
func TestImmediateQuarantinesWhatItHasSeen(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		_ = a.leader(obey).stop()
		w.flush()
		flushed := w.since()
		sibling := a.sibling(func(*Config) {})
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		if err := sibling.TryLead(ctx, obey); !errors.Is(err, context.DeadlineExceeded) {
			w.Errorf("TryLead = %v within a second of the flush", err)
		}
		if got := w.record(); got.Status != record.Quarantined || got.Lease != 15*time.Second {
			w.Errorf("record %v, want a quarantine of a lease", got)
		}
		if again := a.leader(obey); again.at < flushed+15*time.Second {
			w.Errorf("led again %v after the flush", again.at-flushed)
		}
	})
}

func TestImmediateWarnsOfAQuarantine(t *testing.T) {
	bubble(t, func(w *world) {
		w.candidate("a", quarantine).lead(obey)
		time.Sleep(time.Second)
		log := &logged{}
		w.candidate("b", logging(log)).lead(obey)
		time.Sleep(time.Second)
		if !log.has("WARN") {
			w.Errorf("logged %v, want a warning", log.lines)
		}
		expectTerms(w, 0)
	})
}

// A quarantine is at least as long as the longest lease that anybody in it has
// seen: the leader that Redis forgot may live by that.
func TestQuarantineIsLengthened(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a", lease(time.Minute))
		a.leader(a.lingering(a.Timing().Grace - 1))
		b := w.candidate("b") // has seen the lease of a minute
		b.lead(obey)
		time.Sleep(100 * time.Second)
		a.cut()
		b.cut()
		w.flush()
		flushed := w.since()
		w.candidate("c", quarantine).lead(obey) // has not
		time.Sleep(time.Second)
		if got := w.record(); got.Lease != 15*time.Second {
			w.Errorf("record %v, want quarantined for 15 s at first", got)
		}
		b.heal()
		w.sleepUntil(flushed + 14*time.Second)
		if got := w.record(); got.Status != record.Quarantined || got.Lease != time.Minute {
			w.Errorf("record %v, want quarantined for a minute", got)
		}
		w.sleepUntil(flushed + time.Minute)
		expectTerms(w, 1)
		w.sleepUntil(flushed + 80*time.Second)
		expectTerms(w, 2)
	})
}

// Its own leader's former lease counts as well.
func TestFormerLeaderQuarantinesForItsFormerLease(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a", lease(time.Minute))
		_ = a.leader(obey).stop()
		w.flush()
		short := a.sibling(func(c *Config) { c.Lease = 15 * time.Second })
		ctx, cancel := context.WithTimeout(w.Context(), 50*time.Second)
		defer cancel()
		if err := short.TryLead(ctx, obey); !errors.Is(err, context.DeadlineExceeded) {
			w.Errorf("TryLead = %v within 50 s of the flush", err)
		}
		if got := w.record().Lease; got != time.Minute {
			w.Errorf("quarantined for %v", got)
		}
	})
}

// Terms rise after a flush even if the server's clock went back.
func TestTermsRiseAfterAFlush(t *testing.T) {
	bubble(t, func(w *world) {
		a, b := w.candidate("a"), w.candidate("b")
		ra := a.leader(obey)
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		w.stub.Mini.SetTime(time.Now().Add(-time.Hour))
		w.flush()
		rb.begun()
		if rb.term <= ra.term {
			w.Errorf("term %d after %d", rb.term, ra.term)
		}
	})
}

func TestTermsFollowTheServersClock(t *testing.T) {
	bubble(t, func(w *world) {
		r := w.candidate("a").leader(obey)
		if want := Term(w.start.UnixMilli()); r.term != want {
			w.Errorf("term %d, want the server's time, %d", r.term, want)
		}
		_ = r.stop()
		time.Sleep(time.Hour)
		r = w.candidate("b").leader(obey)
		if want := Term(time.Now().UnixMilli()); r.term != want {
			w.Errorf("term %d, want the server's time, %d", r.term, want)
		}
	})
}

// A server clock that is more than a day off is not believed; without a record
// there is nothing else to go by.
func TestClockOfTheServerIsFarOff(t *testing.T) {
	for _, off := range []time.Duration{25 * time.Hour, -25 * time.Hour} {
		bubble(t, func(w *world) {
			ra := w.candidate("a").leader(obey)
			_ = ra.stop()
			w.stub.Mini.SetTime(time.Now().Add(off))
			b := w.candidate("b")
			rb := b.leader(obey)
			if rb.term != ra.term+1 || b.event(KindClockSkew).Skew != off {
				w.Errorf("%v: term %d after %d, told of %v", off, rb.term, ra.term, b.event(KindClockSkew).Skew)
			}
			_ = rb.stop()
			w.flush()
			for _, bootstrap := range []option{quarantine, func(*candidate) {}} {
				r := w.candidate("c", bootstrap).lead(obey)
				if err := r.wait(); !errors.Is(err, ErrUnfit) || !Permanent(err) {
					w.Errorf("%v: Lead = %v, want %v", off, err, ErrUnfit)
				}
			}
			expectAfterFlush(w, "")
		})
	}
}

// A candidate whose own lease is longer counts it too: the record that was lost
// may have been written by a process with the same configuration.
func TestQuarantineIsLengthenedToOnesOwnLease(t *testing.T) {
	bubble(t, func(w *world) {
		short := w.candidate("short", lease(3*time.Second), quarantine).lead(obey)
		time.Sleep(time.Second)
		w.candidate("long", lease(20*time.Second), quarantine).lead(obey)
		time.Sleep(time.Second)
		if r := w.record(); r.Status != record.Quarantined || r.Lease != 20*time.Second {
			w.Errorf("the record is %v, want a quarantine of 20s", r)
		}
		w.sleepUntil(20 * time.Second)
		if short.isElected() {
			w.Error("elected within the longer lease")
		}
	})
}

// A copy of the request that quarantines, arriving after another loss of memory,
// brings no bytes back: what was waited for then is no evidence now.
func TestQuarantinesNeverRepeat(t *testing.T) {
	bubble(t, func(w *world) {
		c := w.candidate("a", quarantine)
		_ = c.lead(obey)
		time.Sleep(time.Second)
		before := w.record()
		if before.Status != record.Quarantined || before.Rest == "" {
			w.Fatalf("the record is %v, want a quarantine with the server's time", before)
		}
		w.flush()
		copied := before
		copied.Rest = ""
		answer := register.NewRegister(c.client, c.clock, noWarmer).Do(w.Context(), register.Request{Place: c.place, Swap: &register.Swap{Next: copied.String()}})[0]
		if answer.Err != nil || answer.Rec.Grant() != before.Grant() || answer.Bytes == before.String() {
			w.Errorf("the copy wrote %q, %v; before stood %q", answer.Bytes, answer.Err, before)
		}
	})
}

// Data that is lost may name a later term than the server's time at the last look. So an
// answer that shows the loss is followed by a look, and the quarantine is above that term.
func TestAQuarantineTakesTheTimeOfALookAfterTheLoss(t *testing.T) {
	bubble(t, func(w *world) {
		w.put(record.Record{Status: record.Vacant, Term: 1, Lease: 15 * time.Second, Nonce: record.NewNonce(), ID: "-"})
		var lost int64
		w.trap("elected", "a", 1, func(arrival) {
			time.Sleep(200 * time.Millisecond)
			lost = time.Now().UnixMilli()
			w.flush()
		})
		_ = w.candidate("a", quarantine).lead(obey)
		time.Sleep(time.Second)
		if r := w.record(); r.Status != record.Quarantined || lost == 0 || r.Term < lost {
			w.Errorf("the record is %v, want a quarantine of term %d or above", r, lost)
		}
	})
}
