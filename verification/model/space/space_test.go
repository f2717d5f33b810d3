package space

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/verification/model"
	"example.com/incumbent/verification/model/explore"
)

// size is what a search must count, in every run.
type size struct{ states, edges int64 }

var tinySizes = map[string]size{
	"memory":       {56413, 445752},
	"calls":        {103770, 1156127},
	"sessions":     {293527, 3292610},
	"late answers": {136830, 1043826},
	"three":        {76467, 655978},
	"seats":        {99335, 950168},
	"leases":       {46050, 259694},
	"ghosts":       {22001, 172063},
}

var smallSizes = map[string]size{
	"calls":                {1589094, 19746744},
	"calls and memory":     {232376, 3012165},
	"late answers":         {419505, 3216133},
	"sessions and crashes": {585291, 7106863},
	"sessions and memory":  {596133, 6912437},
	"three and memory":     {168823, 1464041},
	"seats and memory":     {212098, 2094145},
	"leases":               {486899, 3578814},
	"ghosts":               {231825, 3010316},
}

// TestProtocolHolds explores the protocol, within the small bounds in the long run. The counts
// make sure that a search that suddenly sees less than before does not pass for a proof.
func TestProtocolHolds(t *testing.T) {
	configs, sizes := Tiny(), tinySizes
	if redistest.Either(false, true) {
		configs, sizes = Small(), smallSizes
	}
	for _, c := range configs {
		t.Run(c.Name, func(t *testing.T) {
			r := Run(c, Variant{}, model.Options{Workers: 2})
			mustHold(t, r)
			if got := (size{r.States, r.Edges}); got != sizes[c.Name] {
				t.Errorf("counted %v, want %v", got, sizes[c.Name])
			}
		})
	}
}

func TestSoundVariantsHold(t *testing.T) {
	for _, n := range Sound() {
		t.Run(n.Name, func(t *testing.T) { mustHold(t, n.Run(model.Options{Workers: 2})) })
	}
}

func mustHold(t *testing.T, r model.Report) {
	t.Helper()
	if r.Broken != 0 {
		t.Fatalf("%s, in %d steps:\n%s", Name(r.Broken), len(r.Trace), strings.Join(r.Trace, "\n"))
	}
	if r.Left != "" {
		t.Fatalf("not exhaustive: %s", r.Left)
	}
}

// TestBrokenVariantsAreRefuted has the length of each shortest trace, so that a model that has
// grown blind in one place is noticed.
func TestBrokenVariantsAreRefuted(t *testing.T) {
	steps := map[string]int{
		"lease-too-short": 10, "trust-from-retry": 11, "trust-from-answer": 10, "beat-from-retry": 14, "beat-from-answer": 13,
		"absence-open": 7, "no-quarantine": 8, "quarantine-replayed": 15, "open-anything": 15, "lease-unmet": 12, "no-lengthen": 14, "judge-own-lease": 11, "key-each": 7, "term-restarts": 12,
		"beat-remakes": 15, "beat-anything": 17, "reap-anything": 13, "stranger-beats": 13, "release-anyones": 10,
		"withdraw": 11, "withdraw-push": 7, "push-any-call": 15, "grant-untrusted": 10, "question-ignored": 4, "question-releases": 8,
		"end-early": 10, "end-reused": 14, "floor-at-receipt": 8,
	}
	for _, n := range Broken() {
		t.Run(n.Name, func(t *testing.T) {
			r := n.Run(model.Options{MaxStates: 1_000_000})
			if r.Broken != n.Breaks {
				t.Fatalf("broke %q, want %q (%d states, %s)", Name(r.Broken), Name(n.Breaks), r.States, r.Left)
			}
			if len(r.Trace) != steps[n.Name] {
				t.Errorf("%d steps, want %d:\n%s", len(r.Trace), steps[n.Name], strings.Join(r.Trace, "\n"))
			}
		})
	}
}

// TestProtocolHoldsWhereVariantsBreak explores the protocol in the configuration of every
// variant: what breaks a variant is the variant, not the configuration.
func TestProtocolHoldsWhereVariantsBreak(t *testing.T) {
	done := map[string]bool{}
	for _, n := range Broken() {
		if done[n.Config.String()] || n.Config.Calls > 1 || n.Config.Slow {
			continue // these are among the tiny ones
		}
		done[n.Config.String()] = true
		t.Run(n.Config.String(), func(t *testing.T) { mustHold(t, Run(n.Config, Variant{}, model.Options{})) })
	}
}

// TestTight holds the durations at equality: there is no slack that could hide a violation.
func TestTight(t *testing.T) {
	if fastClock+slowClock != 4 {
		t.Error("the judge's clock is not as much too fast as the holder's is too slow")
	}
	for l, d := range timings {
		if (d.trust+d.grace)*fastClock != d.lease*slowClock {
			t.Errorf("lease %d: (T + G)/(1 - r) is not L/(1 + r)", l)
		}
		if is := Lease(l).ticks(); is.end != is.lease {
			t.Errorf("lease %d: works are over by %d ticks, others take over from %d", l, is.end, is.lease)
		}
	}
}

// TestAgainstPlainSearch compares the search with one that keeps whole states in a map: no state
// was lost to a hash, to the table or to the frontier.
func TestAgainstPlainSearch(t *testing.T) {
	m := newModel(two(func(c *Config) { c.Flushes = 1 }), Variant{})
	r := explore.Run[state](m, model.Options{})
	states, edges := plainSearch(m)
	if r.States != states || r.Edges != edges {
		t.Errorf("%d states, %d edges, want %d and %d", r.States, r.Edges, states, edges)
	}
}

func plainSearch(m *system) (states, edges int64) {
	code := func(s *state) string {
		buf := make([]byte, m.Width())
		m.Encode(buf, s)
		return string(buf)
	}
	first := m.Init()
	queue := []string{code(&first)}
	seen := map[string]bool{queue[0]: true}
	for len(queue) > 0 {
		s := m.Decode([]byte(queue[0]))
		queue = queue[1:]
		m.Steps(&s, func(next *state, _ explore.Step, _ Invariant) {
			edges++
			if c := code(next); !seen[c] {
				seen[c] = true
				queue = append(queue, c)
			}
		})
	}
	return int64(len(seen)), edges
}

// TestEncoding walks at random and reads back every state that is written, also under other
// names of the processes.
func TestEncoding(t *testing.T) {
	for _, c := range append(append(Tiny(), Small()...), Large()...) {
		random := rand.New(rand.NewPCG(1, 2))
		for _, v := range []Variant{{}, {QuarantineReplayed: true, ReleaseAnyones: true}} {
			m := newModel(c, v)
			for range 30 {
				walk(m, random, func(s *state) { roundTrip(t, m, s) })
			}
		}
	}
}

// walk makes up to 80 random steps.
func walk(m *system, random *rand.Rand, visit func(*state)) {
	s := m.Init()
	for range 80 {
		var all []state
		m.Steps(&s, func(next *state, _ explore.Step, _ Invariant) { all = append(all, *next) })
		if len(all) == 0 {
			return
		}
		s = all[random.IntN(len(all))]
		visit(&s)
	}
}

func roundTrip(t *testing.T, m *system, s *state) {
	t.Helper()
	plain := make([]byte, m.Width())
	m.encodeAs(plain, s, m.perms[0])
	if back := m.Decode(plain); back != *s {
		t.Fatalf("written\n%+v\nread\n%+v", *s, back)
	}
	least, leastBack := make([]byte, m.Width()), make([]byte, m.Width())
	m.Encode(least, s)
	canonical := m.Decode(least)
	m.Encode(leastBack, &canonical)
	if !bytes.Equal(least, leastBack) {
		t.Fatalf("canonical %x, of which the canonical form is %x", least, leastBack)
	}
}

// TestTraceReads pins the words of one trace: it is what a reader sees.
func TestTraceReads(t *testing.T) {
	r := Lookup("question-releases").Run(model.Options{})
	got := strings.Join(r.Trace, "\n")
	for _, want := range []string{
		"A sends an acquire of call 1",
		"is asked and releases, and still waits",
		"held by",
		"A works (0 of 3 ticks), B works (0 of 3 ticks)",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// TestLimitsAreLoud stops a search early and wants to be told.
func TestLimitsAreLoud(t *testing.T) {
	if r := Run(Tiny()[0], Variant{}, model.Options{MaxStates: 1000}); r.Left == "" {
		t.Errorf("%d states, and nothing is said to be left out", r.States)
	}
}
