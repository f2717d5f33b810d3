package check

import (
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	kept   = 3000 // how many entries a history remembers for its readers
	before = 80   // how many lines of a story come before the violation
	behind = 5    // and how many after
)

// A History is the one ordered list of what happened. Its methods may be called
// from any goroutine; what is added is judged at once.
type History struct {
	clock func() time.Duration

	mu      sync.Mutex
	entries []Entry
	count   int // of all entries ever
	reader  reader
	muted   map[int]bool
	checker *Checker
	trace   trace
	story   []string
	behind  int
	watch   func(Entry)
}

// NewHistory returns an empty history that reads the real time from the clock.
func NewHistory(clock func() time.Duration) *History {
	return &History{clock: clock, reader: newReader(), muted: map[int]bool{}, checker: newChecker(), behind: behind}
}

// Watch has every entry shown as it is added.
func (h *History) Watch(show func(Entry)) { h.watch = show }

// Add appends an event of a process, or of the world if that is 0. What a crashed
// process does is not part of the history.
func (h *History) Add(proc int, ev Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.muted[proc] {
		return
	}
	if _, crashed := ev.(Crashed); crashed {
		h.muted[proc] = true
	}
	e := Entry{h.clock(), proc, ev}
	if len(h.entries) >= 2*kept {
		h.entries = slices.Delete(h.entries, 0, kept)
	}
	h.entries = append(h.entries, e)
	h.count++
	h.trace.add(e)
	if h.watch != nil {
		h.watch(e)
	}
	h.checker.step(e)
	h.tell()
}

// State parses what a key holds.
func (h *History) State(present bool, bytes string) State {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.reader.read(present, bytes)
}

// Report is what there is to say about a history.
type Report struct {
	Violations []Violation
	Breaches   map[Assumption]int
	Terms      int
	Refused    int // stale writes that a fenced resource refused
	Faults     map[string]int
	Entries    int
	Trace      uint64 // equal for runs in which the same happened at the same time
}

// Report judges the end and returns what was found.
func (h *History) Report() Report {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.checker.finish(h.clock())
	h.tell()
	return h.report()
}

func (h *History) report() Report {
	c := h.checker
	return Report{
		Violations: slices.Clone(c.violations), Breaches: maps.Clone(c.breaches), Terms: c.register.grants, Refused: c.fences.refused,
		Faults: maps.Clone(c.faults), Entries: h.count, Trace: h.trace.value(),
	}
}

// Failed reports whether a violation was found.
func (h *History) Failed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.checker.violations) > 0
}

// Complain adds a violation that no history shows, such as a leak.
func (h *History) Complain(rule Rule, text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.checker.now = h.clock()
	h.checker.violate(rule, "%s", text)
	h.tell()
}

// tell notes what led to the first violation.
func (h *History) tell() {
	switch {
	case len(h.checker.violations) == 0 || h.behind == 0:
		return
	case h.story == nil:
		for _, e := range h.entries {
			h.story = append(h.story, "   "+e.String())
		}
		h.story = slices.DeleteFunc(h.story, isDull)
		h.story = h.story[max(0, len(h.story)-before):]
		h.story = append(h.story, "=> "+h.checker.violations[0].String())
	default:
		h.story = append(h.story, "   "+h.entries[len(h.entries)-1].String())
		h.behind--
	}
}

// isDull reports whether a line tells of nothing but daily work.
func isDull(line string) bool {
	for _, dull := range []string{" does a step", " accepts term", " IsLeader "} {
		if strings.Contains(line, dull) {
			return true
		}
	}
	return false
}

// Story is what led to the first violation, daily work left out; empty if there
// is none.
func (h *History) Story() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.story, "\n")
}

// trace is a hash of the entries, equal in all runs of this program in which the
// same happened at the same time. What happens at the same instant has no order:
// no clock could tell.
type trace struct {
	sum     uint64 // of the instants before
	at      time.Duration
	instant uint64
}

var seed = maphash.MakeSeed()

func (t *trace) add(e Entry) {
	if e.At != t.at {
		t.sum, t.at, t.instant = t.value(), e.At, 0
	}
	t.instant += maphash.Comparable(seed, e)
}

func (t *trace) value() uint64 {
	return maphash.Comparable(seed, [2]uint64{t.sum, t.instant})
}
