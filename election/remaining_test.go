package election

// Shows S3: work can ask how long its trust lasts. And several observers can be one.

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// Remaining falls from one confirmed beat to the end of trust, and is 0 for who does
// not lead: a standby, a leader that drains, and one whose trust is over.
func TestRemaining(t *testing.T) {
	bubble(t, func(w *world) {
		a, b := w.candidate("a"), w.candidate("b")
		if a.Remaining() != 0 {
			w.Errorf("%v before it ran", a.Remaining())
		}
		ra := a.leader(a.lingering(time.Second))
		rb := b.lead(a.lingering(time.Second))
		time.Sleep(time.Minute + 500*time.Millisecond)
		last := w.lastWrite().at
		if got, want := a.Remaining(), a.trustFrom(last)-w.since(); got != want || want >= a.Timing().Trust {
			w.Errorf("%v, want %v", got, want)
		}
		a.cut()
		last = w.lastWrite().at
		w.sleepUntil(a.trustFrom(last) - 1)
		if a.Remaining() != 1 || b.Remaining() != 0 {
			w.Errorf("%v of the leader, want 1ns, and %v of the standby", a.Remaining(), b.Remaining())
		}
		time.Sleep(1)
		if a.Remaining() != 0 {
			w.Errorf("%v after the end of trust", a.Remaining())
		}
		_ = ra.wait()
		a.heal()
		rb.begun()
		time.Sleep(time.Minute)
		rb.cancel(errors.New("stop"))
		synctest.Wait()
		if isClosed(rb.ended) || b.Remaining() != 0 {
			w.Errorf("%v while the work drains", b.Remaining())
		}
		_ = rb.wait()
	})
}

func TestObservers(t *testing.T) {
	var got []string
	note := func(name string) func(Event) {
		return func(ev Event) { got = append(got, name+" "+string(ev.Kind)) }
	}
	all := []func(Event){nil, note("a"), nil, note("b")}
	observe := Observers(all...)
	all[1] = nil // it keeps what it was given
	observe(Event{Kind: KindElected})
	observe(Event{Kind: KindRevoked})
	if want := []string{"a elected", "b elected", "a revoked", "b revoked"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	Observers()(Event{})
}
