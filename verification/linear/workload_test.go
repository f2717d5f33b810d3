package linear

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/register"
)

// table is a register in memory, or something that is none.
type table struct {
	mu     sync.Mutex
	keys   map[string]register.Contents
	stamps int
	swap   func(t *table, s Ask) register.Contents
}

func (t *table) get(key string) register.Contents {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.keys[key]
}

func (t *table) set(key string, c register.Contents) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keys[key] = c
}

// next is what a swap writes.
func (t *table) next(s Ask) register.Contents {
	if !s.Expect.Present {
		t.stamps++
		return held(fmt.Sprint(s.Next, " ", t.stamps))
	}
	return held(s.Next)
}

// atomic is how it should be.
func atomic(t *table, s Ask) register.Contents {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.keys[s.Key] == s.Expect {
		t.keys[s.Key] = t.next(s)
	}
	return t.keys[s.Key]
}

// getThenSet leaves a moment between the two.
func getThenSet(t *table, s Ask) register.Contents {
	c := t.get(s.Key)
	if c != s.Expect {
		return c
	}
	time.Sleep(time.Millisecond)
	t.mu.Lock()
	c = t.next(s)
	t.mu.Unlock()
	t.set(s.Key, c)
	return c
}

// getSet writes first and looks then, as the pattern does that this library
// started from.
func getSet(t *table, s Ask) register.Contents {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.keys[s.Key]
	t.keys[s.Key] = t.next(s)
	if was != s.Expect {
		return was
	}
	return t.keys[s.Key]
}

// blind answers a refusal with what was expected.
func blind(t *table, s Ask) register.Contents {
	if c := atomic(t, s); c.Bytes == s.Next {
		return c
	}
	return s.Expect
}

// anyStamp brings absence back with bytes that were there before.
func anyStamp(t *table, s Ask) register.Contents {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.keys[s.Key] == s.Expect {
		t.keys[s.Key] = held(s.Next)
	}
	return t.keys[s.Key]
}

// wire is a network to a table: it delays, loses answers, and doubles.
type wire struct {
	*table

	mu     sync.Mutex
	random *rand.Rand
	lose   int
}

var errLost = errors.New("lost")

func (w *wire) roll(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.random.IntN(n)
}

func (w *wire) travel() { time.Sleep(time.Duration(1+w.roll(3000)) * time.Microsecond) }

func (w *wire) do(_ context.Context, asks []Ask) []Seen {
	w.travel()
	seen := make([]Seen, len(asks))
	for i, a := range asks {
		if a.Look {
			seen[i].Contents = w.get(a.Key)
		} else {
			seen[i].Contents = w.swap(w.table, a)
		}
	}
	w.travel()
	if w.takes(&w.lose) {
		for i := range seen {
			seen[i] = Seen{Err: errLost}
		}
	}
	return seen
}

func (w *wire) takes(n *int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if *n > 0 {
		*n--
		return true
	}
	return false
}

func (w *wire) LoseReplies(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lose = n
}

func (*wire) Reset()                    {}
func (*wire) Stall(...link.Direction)   {}
func (*wire) Resume(...link.Direction)  {}
func (*wire) Swallow(...link.Direction) {}
func (*wire) Heal()                     {}
func (*wire) SetLatency(time.Duration)  {}

// play runs a workload on a table that swaps like that.
func play(seed uint64, swap func(*table, Ask) register.Contents) *History {
	t := &table{keys: map[string]register.Contents{}, swap: swap}
	s := Server{Put: func(key, bytes string) { t.set(key, held(bytes)) }, Drop: func(key string) { t.set(key, register.Contents{}) }}
	for i := range 4 {
		w := &wire{table: t, random: rand.New(rand.NewPCG(seed, uint64(i)))}
		s.Clients = append(s.Clients, Client{Do: w.do, Network: w})
	}
	w := Workload{Seed: seed, Keys: []string{"a", "b"}, Requests: 15, Attempt: 50 * time.Millisecond, Pause: 5 * time.Millisecond, Faults: true}
	return w.Run(s)
}

// The check accepts a register, and refutes what is none.
func TestCheckCanFail(t *testing.T) {
	const histories = 40
	for name, c := range map[string]struct {
		swap    func(*table, Ask) register.Contents
		refuted bool
	}{
		"atomic":                  {atomic, false},
		"get, then set":           {getThenSet, true},
		"getset":                  {getSet, true},
		"blind":                   {blind, true},
		"absence without a stamp": {anyStamp, true},
	} {
		verdicts := map[Verdict]int{}
		for seed := range uint64(histories) {
			var h *History
			synctest.Test(t, func(*testing.T) { h = play(seed, c.swap) })
			v := h.Check(time.Minute)
			verdicts[v]++
			if v == Undecided || v == Refuted && !c.refuted {
				t.Fatalf("%s is %s with seed %d:\n%s", name, v, seed, h)
			}
		}
		t.Logf("%s: %v", name, verdicts)
		if c.refuted && verdicts[Refuted] < histories/4 {
			t.Errorf("%s: %v", name, verdicts)
		}
	}
}

// Histories have what they are for: concurrency, answers that got lost, swaps
// that were applied and swaps that were refused.
func TestHistoriesAreInteresting(t *testing.T) {
	var all, unknown, won, lost, overlapping int
	for seed := range uint64(20) {
		var h *History
		synctest.Test(t, func(*testing.T) { h = play(seed, atomic) })
		n, u := h.Len()
		all, unknown = all+n, unknown+u
		for i, op := range h.ops {
			r, a := op.Input.(request), op.Output.(reply)
			switch {
			case r.kind != cas || a.unknown:
			case a.Bytes == r.next || isStamped(a.Contents, r.next):
				won++
			default:
				lost++
			}
			if i > 0 && op.Call < h.ops[i-1].Return {
				overlapping++
			}
		}
	}
	t.Logf("%d requests, %d unknown, %d won, %d lost, %d overlapping", all, unknown, won, lost, overlapping)
	for what, n := range map[string]int{"unknown": unknown * 100, "won": won * 10, "lost": lost * 10, "overlapping": overlapping * 3} {
		if n < all {
			t.Errorf("too few are %s", what)
		}
	}
}
