package linear

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"example.com/incumbent/internal/register"
)

// never is when a request of unknown outcome ends.
const never = math.MaxInt64

// A History is what clients asked and were told, in the order of calls and
// returns. It is safe for concurrent use; the zero value is ready.
type History struct {
	mu    sync.Mutex
	clock int64 // counts calls and returns
	ops   []porcupine.Operation
}

// begin returns the instant of a call.
func (h *History) begin() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock++
	return h.clock
}

// end records a request that was called then and returns now.
func (h *History) end(client int, called int64, r request, a reply) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock++
	returned := h.clock
	if a.unknown {
		returned = never
	}
	h.ops = append(h.ops, porcupine.Operation{ClientId: client, Input: r, Output: a, Call: called, Return: returned})
}

// Len returns how many requests clients made, and how many of them have no known
// outcome.
func (h *History) Len() (requests, unknown int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, op := range h.ops {
		switch {
		case op.Input.(request).again:
			continue
		case op.Return == never:
			unknown++
		}
		requests++
	}
	return requests, unknown
}

// A Verdict is what the check of a history says.
type Verdict string

// The verdicts. Undecided means that the time was not enough.
const (
	Linearizable Verdict = "linearizable"
	Refuted      Verdict = "refuted"
	Undecided    Verdict = "undecided"
)

// Check decides whether one register that executes one request after the other
// can have answered like that, within the limit.
func (h *History) Check(limit time.Duration) Verdict {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch porcupine.CheckOperationsTimeout(model.ToModel(), relevant(h.ops), limit) {
	case porcupine.Ok:
		return Linearizable
	case porcupine.Illegal:
		return Refuted
	}
	return Undecided
}

// relevant leaves out requests of unknown outcome whose bytes nobody has seen or
// expected: as each could come last and change nothing, what others were told
// can be explained without it if it can be with it. There are many, and the time
// that a check takes doubles with each.
func relevant(ops []porcupine.Operation) []porcupine.Operation {
	return slices.DeleteFunc(slices.Clone(ops), func(op porcupine.Operation) bool {
		return op.Output.(reply).unknown && !slices.ContainsFunc(ops, func(o porcupine.Operation) bool {
			return mentions(o, op.Input.(request).next)
		})
	})
}

// mentions reports whether a request expected those bytes, or an answer showed
// them.
func mentions(op porcupine.Operation, bytes string) bool {
	for _, c := range []register.Contents{op.Input.(request).expect, op.Output.(reply).Contents} {
		if c.Present && c.Bytes == bytes || isStamped(c, bytes) {
			return true
		}
	}
	return false
}

// String lists the requests in the order of their calls.
func (h *History) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	ops := slices.SortedFunc(slices.Values(h.ops), func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	var b strings.Builder
	for _, op := range ops {
		until := fmt.Sprint(op.Return)
		if op.Return == never {
			until = "?"
		}
		fmt.Fprintf(&b, "client %d, %3d to %3s: %s\n", op.ClientId, op.Call, until, describe(op.Input.(request), op.Output.(reply)))
	}
	return b.String()
}
