package election

// Shows S6: what is no record, or is of a later version, stays as it is.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// strangers are what may stand in the key and is no record.
var strangers = map[string]func(w *world){
	"empty":       func(w *world) { w.overwrite("") },
	"a word":      func(w *world) { w.overwrite("mylock") },
	"a number":    func(w *world) { w.overwrite("42") },
	"two MB":      func(w *world) { w.overwrite(strings.Repeat("x", 2<<20)) },
	"a long one":  func(w *world) { w.overwrite(sample.String() + " " + strings.Repeat("x", 500)) },
	"version 2":   func(w *world) { w.overwrite("2" + sample.String()[1:]) },
	"a status X":  func(w *world) { w.overwrite(strings.Replace(sample.String(), "1 L", "1 X", 1)) },
	"a term of 0": func(w *world) { r := sample; r.Term = 0; w.put(r) },
	"a lease of 1 ms": func(w *world) {
		r := sample
		r.Lease = time.Millisecond
		w.put(r)
	},
	"line breaks": func(w *world) { w.overwrite(sample.String() + "\r\nFLUSHALL\r\n") },
	"no text":     func(w *world) { w.overwrite("\x00\xff\xfe") },
	"a list": func(w *world) {
		w.stub.Mini.Del(key)
		_, _ = w.stub.Mini.Push(key, "a", "b")
	},
	"a hash": func(w *world) { w.stub.Mini.Del(key); w.stub.Mini.HSet(key, "field", "value") },
}

var sample = record.Record{Status: record.Led, Term: 946684800000, Beat: 7, Lease: 15 * time.Second, Holder: "somebody", Nonce: "AAAAAAAAAAAAAAAA", ID: "-"}

// dump is what the key holds, whatever its type.
func (w *world) dump() string { return w.stub.Mini.Dump() }

func forStrangers(t *testing.T, f func(w *world, put func(w *world))) {
	t.Helper()
	for name, put := range strangers {
		t.Run(name, func(t *testing.T) { bubble(t, func(w *world) { f(w, put) }) })
	}
}

// expectForeign checks an error about a stranger in the key: it must say how to
// look at it and how to repair it.
func expectForeign(w *world, what string, err error) {
	w.Helper()
	if !errors.Is(err, ErrForeignRecord) || !Permanent(err) {
		w.Errorf("%s = %v, want %v", what, err, ErrForeignRecord)
		return
	}
	show := "GETRANGE '" + key + "' 0 200"
	if strings.Contains(err.Error(), register.ErrWrongType.Error()) {
		show = "TYPE '" + key + "'"
	}
	for _, part := range []string{"redis-cli " + show, "redis-cli DEL '" + key + "'"} {
		if !strings.Contains(err.Error(), part) {
			w.Errorf("%s = %v, which does not say %q", what, err, part)
		}
	}
	if len(err.Error()) > 500 || strings.ContainsAny(err.Error(), "\r\n\x00") {
		w.Errorf("%s = %.600q, which shows too much of it", what, err)
	}
}

func TestStrangerEndsACampaign(t *testing.T) {
	forStrangers(t, func(w *world, put func(*world)) {
		put(w)
		before := w.dump()
		for _, o := range []option{quarantine, once, func(*candidate) {}} {
			r := w.candidate("a", o).lead(obey)
			expectForeign(w, "Lead", r.wait())
		}
		if w.dump() != before || len(w.history()) != 0 {
			w.Errorf("the key holds %.200s", w.dump())
		}
	})
}

func TestStrangerMeetsAStandby(t *testing.T) {
	forStrangers(t, func(w *world, put func(*world)) {
		a := w.candidate("a")
		a.leader(obey)
		r := w.candidate("b").lead(obey)
		time.Sleep(time.Minute)
		put(w)
		before := w.dump()
		at := w.since()
		expectForeign(w, "Lead", r.wait())
		if r.errAt > at+2*a.Timing().Beat {
			w.Errorf("noticed after %v", r.errAt-at)
		}
		time.Sleep(time.Minute)
		if w.dump() != before {
			w.Errorf("the key holds %.200s", w.dump())
		}
	})
}

func TestStrangerEndsATerm(t *testing.T) {
	forStrangers(t, func(w *world, put func(*world)) {
		a := w.candidate("a")
		r := a.leader(obey)
		time.Sleep(time.Minute)
		put(w)
		before := w.dump()
		at := w.since()
		over, cause := r.over()
		if !errors.Is(cause, ErrLost) || over > at+a.Timing().Beat {
			w.Errorf("the term ended after %v with %v, want at the next beat with %v", over-at, cause, ErrLost)
		}
		if err := r.wait(); !errors.Is(err, ErrLost) {
			w.Errorf("Lead = %v, want %v", err, ErrLost)
		}
		if got := fmt.Sprint(a.kinds()); got != "[elected foreign_record revoked]" {
			w.Errorf("events %v", got)
		} else {
			expectForeign(w, "the event's error", a.event(KindForeignRecord).Err)
		}
		time.Sleep(time.Minute)
		if w.dump() != before {
			w.Errorf("the key holds %.200s", w.dump())
		}
	})
}

func TestStrangerIsReported(t *testing.T) {
	forStrangers(t, func(w *world, put func(*world)) {
		put(w)
		before := w.dump()
		a := w.candidate("a")
		_, err := a.Leader(w.Context())
		expectForeign(w, "Leader", err)
		expectForeign(w, "StepDown", a.StepDown(w.Context(), ""))
		if w.dump() != before {
			w.Errorf("the key holds %.200s", w.dump())
		}
	})
}

// Whoever repairs the key by deleting it begins with a quarantine.
func TestRepairedKey(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(obey)
		time.Sleep(time.Minute)
		w.overwrite("mylock")
		_ = r.wait()
		w.flush()
		repaired := w.since()
		if again := a.leader(obey); again.at < repaired+15*time.Second || again.term <= r.term {
			w.Errorf("led again after %v in term %d after %d", again.at-repaired, again.term, r.term)
		}
	})
}

// A later version may put fields behind ours: they are read over, and kept when
// a request to step down is written on them.
func TestRecordOfALaterVersion(t *testing.T) {
	bubble(t, func(w *world) {
		w.overwrite(sample.String() + " more fields")
		b := w.candidate("b")
		rb := b.lead(obey)
		time.Sleep(time.Second)
		if err := b.StepDown(w.Context(), ""); err != nil {
			w.Errorf("StepDown = %v", err)
		}
		if got := w.record(); got.Status != record.Draining || got.Rest != "more fields" || got.Beat != sample.Steered(record.Draining).Beat {
			w.Errorf("record %v", got)
		}
		rb.begun()
		if rb.at < 16*time.Second {
			w.Errorf("elected at %v", rb.at)
		}
	})
}

// A term that is out of the world is not outbid.
func TestTermsHaveAnEnd(t *testing.T) {
	bubble(t, func(w *world) {
		r := sample
		r.Term, r.Status = record.MaxTerm, record.Vacant
		w.put(r)
		ended := make(chan struct{})
		ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
		defer cancel()
		a := w.candidate("a")
		go func() {
			defer close(ended)
			_ = a.Lead(ctx, obey)
		}()
		time.Sleep(10 * time.Second)
		if s, err := w.stub.Mini.Get(key); err == nil {
			if _, err := record.Parse(s); err != nil {
				w.Errorf("a record that nobody can read: %q, %v", s, err)
			}
		}
		cancel()
		<-ended
	})
}

// An older beat of the leader's own, as a restored dump has it, is a loss.
func TestOlderBeatIsALoss(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(obey)
		rb := w.candidate("b").lead(obey)
		time.Sleep(time.Minute)
		older := w.record()
		older.Beat -= 5
		w.put(older)
		at := w.since()
		if over, cause := r.over(); !errors.Is(cause, ErrLost) || over > at+a.Timing().Beat || !strings.Contains(cause.Error(), "older state") {
			w.Errorf("ended after %v with %v", over-at, cause)
		}
		_ = r.wait()
		if got := fmt.Sprint(a.kinds()); got != "[elected record_lost revoked]" {
			w.Errorf("events %v", got)
		}
		if got := w.record(); got.String() != older.String() {
			w.Errorf("record %v, want it as it was restored", got)
		}
		rb.begun()
		if rb.at < at+15*time.Second || rb.term <= r.term {
			w.Errorf("succeeded after %v in term %d", rb.at-at, rb.term)
		}
	})
}

// When Redis undoes what it had acknowledged, the declared assumption is broken:
// two may work for a moment, but terms rise and the resource refuses the older.
func TestOlderStateIsFenced(t *testing.T) {
	bubble(t, func(w *world) {
		w.zombies = true
		z := w.candidate("z")
		_ = z.leader(obey).stop()
		before := w.record()
		a, b := w.candidate("a"), w.candidate("b", deaf)
		ra := a.leader(obey)
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		w.put(before) // vacant, as it was
		rb.begun()
		var fenced resource
		fenced.write(rb.term)
		if fenced.write(ra.term) {
			w.Errorf("term %d is believed after term %d", ra.term, rb.term)
		}
		if at, cause := ra.over(); !errors.Is(cause, ErrLost) || at > rb.at+a.Timing().Beat {
			w.Errorf("the former leader ended %v later with %v", at-rb.at, cause)
		}
	})
}
