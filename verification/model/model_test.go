package model

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/verification/model/explore"
)

// size is what a search must count, in every run.
type size struct{ states, edges int64 }

var tinySizes = map[string]size{
	"network":      {61735, 243427},
	"late answers": {21973, 127097},
	"memory":       {24903, 100370},
	"three":        {7562, 27669},
	"pushes":       {152720, 640144},
	"fence":        {19112, 80828},

	"former records": {4777, 15406},
	"going back":     {9608, 33221},
	"pauses":         {40902, 144201},
}

var smallSizes = map[string]size{
	"network":           {1267845, 5505531},
	"late answers":      {508165, 3385849},
	"memory":            {852052, 3962009},
	"settling":          {1174532, 5804308},
	"three":             {393568, 2014282},
	"pushes":            {753370, 3355973},
	"pushes and memory": {1316382, 6382267},
	"leases":            {1184707, 5402450},
	"fence":             {247324, 1250541},
	"healing":           {396293, 1842495},
	"dead":              {40676, 109733},
	"stale":             {221750, 944036},

	"former records":         {413661, 1938202},
	"former records, quits":  {81809, 331439},
	"former records, pushes": {162146, 706947},
	"going back":             {315592, 1369717},
	"pauses":                 {903959, 3783345},
	"pauses, settling":       {647706, 2711227},
}

// TestProtocolHolds explores the protocol, within the small bounds in the long run. The counts make sure that a search
// that suddenly sees less than before does not pass for a proof.
func TestProtocolHolds(t *testing.T) {
	configs, sizes, workers := Tiny(), tinySizes, 2
	if redistest.Either(false, true) && !underRace {
		configs, sizes, workers = Small(), smallSizes, 1
	}
	for _, c := range configs {
		t.Run(c.Name, func(t *testing.T) {
			r := Run(c, Variant{}, Options{Workers: workers})
			mustHold(t, r)
			if got := (size{r.States, r.Edges}); got != sizes[c.Name] {
				t.Errorf("counted %v, want %v", got, sizes[c.Name])
			}
		})
	}
}

func TestSoundVariantsHold(t *testing.T) {
	for _, n := range Sound() {
		if underRace {
			n.Config.Crashes, n.Config.Quits, n.Config.Flushes = 0, 0, min(n.Config.Flushes, 1)
		}
		t.Run(n.Name, func(t *testing.T) { mustHold(t, n.Run(Options{})) })
	}
}

func mustHold(t *testing.T, r Report) {
	t.Helper()
	if r.Broken != 0 {
		t.Fatalf("%s, in %d steps:\n%s", Name(r.Broken), len(r.Trace), strings.Join(r.Trace, "\n"))
	}
	if r.Left != "" {
		t.Fatalf("not exhaustive: %s", r.Left)
	}
}

// TestBrokenVariantsAreRefuted has the length of each shortest trace, so that a
// model that has grown blind in one place is noticed.
func TestBrokenVariantsAreRefuted(t *testing.T) {
	steps := map[string]int{
		"source": 12, "source-stall": 8,
		"grace-too-long": 16, "anchor-at-retry": 17, "anchor-at-reply": 16, "drain-untrusted": 17,
		"judge-own-lease": 17, "judge-wall-clock": 12, "leader-mono-clock": 16,
		"release-early": 16, "getset-takeover": 13, "incr-beat": 14, "del-resign": 17, "release-by-name": 21,
		"step-down-vacates": 14, "nonce-reused": 19, "term-recomputed": 17, "unfenced": 16,
		"grant-on-absence": 12, "immediate-flush": 7, "quarantine-replayed": 15, "no-lengthen": 19, "lengthen-seen": 19, "term-restarts": 18,
		"fresh-look": 13, "adopt-by-name": 17, "code-judged": 11, "floor-at-receipt": 14, "early-answers": 11, "asked-for-ever": 9,
		"former-anyway": 26, "back-unseen": 26,
		"stranger-beats": 21, "asker-writes-even": 21, "confirms-others": 19, "pause-dropped": 9, "settle-forgets-pause": 11, "works-paused": 11, "starts-late": 18,
		"stamp-believed": 16, "separate-publish": 22, "hasty-push": 22,
	}
	for _, n := range Broken() {
		if underRace && n.Config.Pushes > 0 {
			continue // the only ones that take more than a moment
		}
		t.Run(n.Name, func(t *testing.T) {
			r := n.Run(Options{MaxStates: 2_000_000})
			if r.Broken != n.Breaks {
				t.Fatalf("broke %q, want %q (%d states, %s)", Name(r.Broken), Name(n.Breaks), r.States, r.Left)
			}
			if len(r.Trace) != steps[n.Name] {
				t.Errorf("%d steps, want %d:\n%s", len(r.Trace), steps[n.Name], strings.Join(r.Trace, "\n"))
			}
		})
	}
}

// TestProtocolHoldsWhereVariantsBreak explores the protocol in the configuration
// of every variant: what breaks a variant is the variant, not the configuration.
// Those with pushes are among the others.
func TestProtocolHoldsWhereVariantsBreak(t *testing.T) {
	done := map[string]bool{}
	for _, n := range Broken() {
		if n.Source != nil || n.Config.Pushes > 0 || done[n.Config.String()] || underRace {
			continue
		}
		done[n.Config.String()] = true
		t.Run(n.Config.String(), func(t *testing.T) { mustHold(t, Run(n.Config, Variant{}, Options{})) })
	}
}

// TestTight holds the durations at equality: there is no slack that could hide a
// violation.
func TestTight(t *testing.T) {
	if fastClock+slowClock != 2*unitsPerTick {
		t.Error("the judge's clock is not as much too fast as the leader's is too slow")
	}
	for l, d := range timings {
		if (d.trust+d.grace)*fastClock != d.lease*slowClock {
			t.Errorf("lease %d: (T + G)/(1 - r) is not L/(1 + r)", l)
		}
		if w := worst[uint8](d); w.end != w.lease {
			t.Errorf("lease %d: work is over by %d ticks, others take over from %d", l, w.end, w.lease)
		}
	}
}

// TestOneWorkerOrTwo has both count the same, and find traces of the same length.
func TestOneWorkerOrTwo(t *testing.T) {
	c := Tiny()[0]
	one, two := Run(c, Variant{}, Options{Workers: 1}), Run(c, Variant{}, Options{Workers: 2})
	if one.States != two.States || one.Edges != two.Edges || one.Depth != two.Depth {
		t.Errorf("one worker: %+v\ntwo workers: %+v", one, two)
	}
	n := Lookup("fresh-look")
	a, b := n.Run(Options{Workers: 1}), n.Run(Options{Workers: 2})
	if a.States != b.States || len(a.Trace) != len(b.Trace) {
		t.Errorf("one worker: %d states, %d steps; two: %d states, %d steps", a.States, len(a.Trace), b.States, len(b.Trace))
	}
}

// TestAgainstPlainSearch compares the search with one that keeps whole states in
// a map: no state was lost to a hash, to the table or to the frontier.
func TestAgainstPlainSearch(t *testing.T) {
	m := newModel[uint8](two(func(c *Config) { c.Flushes = 1 }), Variant{})
	r := explore.Run[state[uint8]](m, Options{})
	states, edges := plainSearch(m)
	if r.States != states || r.Edges != edges {
		t.Errorf("%d states, %d edges, want %d and %d", r.States, r.Edges, states, edges)
	}
}

func plainSearch(m *model[uint8]) (states, edges int64) {
	code := func(s *state[uint8]) string {
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
		m.Steps(&s, func(next *state[uint8], _ explore.Step, _ Invariant) {
			edges++
			if c := code(next); !seen[c] {
				seen[c] = true
				queue = append(queue, c)
			}
		})
	}
	return int64(len(seen)), edges
}

// TestEncoding walks at random and reads back every state that is written.
func TestEncoding(t *testing.T) {
	for _, c := range append(Tiny(), Small()...) {
		m := newModel[uint8](c, Variant{})
		random := rand.New(rand.NewPCG(1, 2))
		for range 50 {
			walk(m, random, func(s *state[uint8]) { roundTrip(t, m, s) })
		}
	}
}

// walk makes up to 80 random steps.
func walk(m *model[uint8], random *rand.Rand, visit func(*state[uint8])) {
	s := m.Init()
	for range 80 {
		var all []state[uint8]
		m.Steps(&s, func(next *state[uint8], _ explore.Step, _ Invariant) { all = append(all, *next) })
		if len(all) == 0 {
			return
		}
		s = all[random.IntN(len(all))]
		visit(&s)
	}
}

func roundTrip(t *testing.T, m *model[uint8], s *state[uint8]) {
	t.Helper()
	plain := make([]byte, m.Width())
	m.encodeAs(plain, s, m.perms[0])
	back := m.Decode(plain)
	again := make([]byte, m.Width())
	m.encodeAs(again, &back, m.perms[0])
	if !bytes.Equal(plain, again) {
		t.Fatalf("written %x, read and written again %x", plain, again)
	}
	least, leastBack := make([]byte, m.Width()), make([]byte, m.Width())
	m.Encode(least, s)
	canonical := m.Decode(least)
	m.Encode(leastBack, &canonical)
	if !bytes.Equal(least, leastBack) {
		t.Fatalf("canonical %x, of which the canonical form is %x", least, leastBack)
	}
}

// TestRecordBits reads back every field of a record.
func TestRecordBits(t *testing.T) {
	for status := range quarantined + 1 {
		for n := range uint8(16) {
			r := record[uint8]{status, n % 8, n, n % 4, 7 - n%8, Lease(n % 2), pause(n % 3)}
			if got := unpack[uint8](r.pack()); got != r {
				t.Errorf("%+v came back as %+v", r, got)
			}
		}
	}
}

// TestTraceReads pins the words of one trace: it is what a reader sees.
func TestTraceReads(t *testing.T) {
	r := Lookup("grant-on-absence").Run(Options{})
	got := strings.Join(r.Trace, "\n")
	for _, want := range []string{
		"A sends a grant: absent -> L 1.0 A",
		"the server loses its memory",
		"begins to work, trusts since 0 ticks",
		"A works (0 of 3 ticks), B works (0 of 3 ticks)",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// TestLimitsAreLoud stops a search early and wants to be told.
func TestLimitsAreLoud(t *testing.T) {
	for _, opt := range []Options{{MaxStates: 1000}, {MaxMemory: 1}, {MaxDepth: 5}} {
		if r := Run(Tiny()[0], Variant{}, opt); r.Left == "" {
			t.Errorf("%+v: %d states, and nothing is said to be left out", opt, r.States)
		}
	}
}

// TestClippingIsLoud has a state that has no room for a packet.
func TestClippingIsLoud(t *testing.T) {
	c := two(func(c *Config) { c.Beats, c.Terms, c.Dead, c.Stale = 0, 3, true, true })
	if r := Run(c, Variant{}, Options{}); r.Left == "" {
		t.Error("dead packets fill a state, and nothing is said to be left out")
	}
}

func ExampleRunSource() {
	r := RunSource(Source{Processes: 3, Window: 2, Crashes: 1}, Options{})
	fmt.Println(Name(r.Broken))
	fmt.Println(strings.Join(r.Trace[len(r.Trace)-2:], "\n"))
	// Output:
	// two scopes of work overlap
	//  11  C GETSET 1 -> 1, not below 1: leads          key 1, C leads
	//  12  B GETSET 1 -> 1, not below 1: leads          key 1, B leads, C leads
}

// TestSoundVariantsAreWatched runs a broken variant as if it were sound.
func TestSoundVariantsAreWatched(t *testing.T) {
	n := Lookup("grace-too-long")
	n.Breaks = 0
	if r := n.Run(Options{}); r.Broken == 0 {
		t.Error("nothing is watched")
	}
}
