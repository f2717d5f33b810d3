package election

// Shows a promise of events: they and the log say what happened, and for how long.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// Durations in a log of JSON are text with a unit: a number would be nanoseconds.
func TestDurationsInLogsAreText(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	ev := Event{
		Kind: KindElected, Gap: 260 * time.Microsecond, Silence: time.Second, Latency: 2 * time.Second, Wait: 3 * time.Second,
		Overdue: 4 * time.Second, Lasted: 5 * time.Minute, Skew: -6 * time.Hour,
	}
	slog.New(slog.NewJSONHandler(&log, nil)).LogAttrs(t.Context(), slog.LevelInfo, "x", ev.attrs()...)
	var line map[string]any
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"gap": "260µs", "silence": "1s", "latency": "2s", "wait": "3s", "overdue": "4s", "lasted": "5m0s", "skew": "-6h0m0s",
	} {
		if line[key] != want {
			t.Errorf("%s is %v, want %s", key, line[key], want)
		}
	}
}

// The first start of a name waits for a lease. The log says why, and goes on to say so
// for a minute.
func TestTheFirstMinuteIsExplained(t *testing.T) {
	bubble(t, func(w *world) {
		var log safeBuffer
		a := w.candidate("a", quarantine, logging(slog.NewTextHandler(&log, nil)), lease(90*time.Second))
		a.leader(obey)
		var waits []string
		for line := range strings.Lines(log.String()) {
			if _, after, ok := strings.Cut(line, "wait="); ok && strings.Contains(line, "election: quarantined") {
				if !strings.Contains(line, "nobody leads until it is sure that no leader was forgotten") {
					w.Errorf("logged %q, without the reason", line)
				}
				waits = append(waits, strings.Fields(after)[0])
			}
		}
		want := "[1m30s 1m25.45s 1m20.45s"
		if got := fmt.Sprint(waits); !strings.HasPrefix(got, want) || len(waits) != 13 {
			w.Errorf("logged waits of %v, want %s … 13 in all", waits, want)
		}
		if n := a.count(KindQuarantined); n != 1 {
			w.Errorf("the observer got %d events, want 1", n)
		}
	})
}

// A term says how long it lasted, and its release how long the work drained.
func TestTermsSayHowLongTheyLasted(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(a.lingering(7 * time.Second))
		time.Sleep(time.Minute)
		_ = r.stop()
		if got := a.event(KindRevoked).Lasted; got != time.Minute {
			w.Errorf("the term lasted %v", got)
		}
		if got := a.event(KindReleased).Lasted; got != 7*time.Second {
			w.Errorf("the work drained for %v", got)
		}
	})
}

// safeBuffer is a log that many may write.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// A quarantine that a candidate writes itself is reported once, before it is reminded of.
func TestOwnQuarantineIsLoggedOnce(t *testing.T) {
	bubble(t, func(w *world) {
		var log safeBuffer
		a := w.candidate("a", quarantine, logging(slog.NewTextHandler(&log, nil)))
		time.Sleep(time.Minute) // its clock has run for a while
		r := a.lead(obey)
		time.Sleep(4 * time.Second)
		if n := strings.Count(log.String(), "election: quarantined"); n != 1 {
			w.Errorf("logged %d times:\n%s", n, log.String())
		}
		r.cancel(nil)
		_ = r.wait()
	})
}
