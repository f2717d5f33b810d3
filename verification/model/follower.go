package model

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// most is how many answers in a row a process may leave aside: those that other calls than
// its campaign have asked for.
const mostIgnored = 4

// aMoment is how long a process may go on after its work has returned, before it stops.
const aMoment = 10 * time.Millisecond

// A Follower knows what one process of a run may be, by the model. Each of its methods takes
// one entry of the run's history, in order, and returns an error if the model has no step
// for it: then the process is followed no further.
type Follower struct {
	m       *model[int64]
	s       Settings
	now     Moment
	last    int64         // the highest term that was granted
	working int64         // the term whose work runs; 0: none
	done    int64         // the term whose work ran last
	ended   time.Duration // when it returned
	guesses []guess
	recent  []notice
	back    map[Record]Moment // what came back behind everybody's back, and when the process received it first

	// Excused says whether a declared assumption was broken, so that work may run on for so
	// long after the end of its trust and grace. Trust counts from the anchor.
	Excused func(anchor Moment, over time.Duration) bool

	// Held says for how long the process did not get to run since then.
	Held func(since time.Duration) time.Duration
}

// NewFollower returns what follows a process from its start.
func NewFollower(s Settings) *Follower {
	f := &Follower{s: s, m: newFollowed(s), Excused: func(Moment, time.Duration) bool { return false }, Held: func(time.Duration) time.Duration { return 0 }}
	f.guesses = []guess{{process: process[int64]{knows: s.Lease}}}
	return f
}

// Configure changes the settings between two calls of Lead. The lease is the longest that
// answers have shown to the process.
func (f *Follower) Configure(s Settings, shown Lease) {
	f.s, f.m = s, newFollowed(s)
	for i := range f.guesses {
		f.guesses[i].knows = max(s.Lease, shown)
	}
}

// At says that an entry comes at this moment, when the highest term granted so far is last.
func (f *Follower) At(now Moment, last int64) { f.now, f.last = now, last }

// ComesBack says that a record is in the register again that others had replaced, and when
// the process first received it: bytes that come back are not in the model, so that a wait
// for them may count from then.
func (f *Follower) ComesBack(r Record, first Moment) {
	if f.back == nil {
		f.back = map[Record]Moment{}
	}
	if _, known := f.back[r]; !known {
		f.back[r] = first
	}
}

// Working returns the term whose work runs, or 0.
func (f *Follower) Working() int64 { return f.working }

// justEnded reports whether work has returned a moment ago.
func (f *Follower) justEnded() bool {
	return f.done != 0 && f.now.At-f.ended-f.Held(f.ended) <= aMoment
}

// only keeps what a step makes of each guess: nothing, one or several.
func (f *Follower) only(step func(g guess, keep func(guess))) error {
	seen := map[guess]bool{}
	var kept []guess
	for _, g := range f.guesses {
		step(f.atTime(g), func(g guess) {
			if g = f.normal(g); !seen[g] {
				seen[g] = true
				kept = append(kept, g)
			}
		})
	}
	if len(kept) == 0 {
		return errors.New("the model's process " + f.String())
	}
	f.guesses = kept
	return nil
}

// view is the state as one process sees it: itself, and what it believes to be in the register.
func (f *Follower) view(g *guess, reg Record) state[int64] {
	s := state[int64]{reg: reg, room: maxPackets, last: f.last, quits: 1, asks: 1, pauses: 1}
	s.procs[0] = g.process
	return s
}

// try makes a step of the model, if it can be made.
func (f *Follower) try(g guess, reg Record, step deed[int64]) (guess, state[int64], bool) {
	s := f.view(&g, reg)
	if !step(f.m, &s, 0) {
		return g, s, false
	}
	return f.became(g, s.procs[0]), s, true
}

// unseen are the steps that no history shows.
func (f *Follower) unseen() []deed[int64] {
	steps := []deed[int64]{(*model[int64]).receive, (*model[int64]).quit, (*model[int64]).giveUp, (*model[int64]).start}
	if f.working == 0 {
		steps = append(steps, (*model[int64]).end)
	}
	return steps
}

// may calls yield with a guess, and with all that it may have become unseen.
func (f *Follower) may(g guess, yield func(guess)) {
	all := []guess{g}
	for i := 0; i < len(all); i++ {
		yield(all[i])
		for _, step := range f.unseen() {
			if next, _, ok := f.try(all[i], all[i].slow, step); ok && !slices.Contains(all, next) {
				all = append(all, next)
			}
		}
	}
}

// String says what the process may be.
func (f *Follower) String() string {
	var all []string
	for _, g := range f.guesses {
		if text := f.tell(f.atTime(g)); !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	if len(all) > 4 {
		all = append(all[:3], fmt.Sprintf("is one of %d others", len(all)-3))
	}
	return strings.Join(all, "; or ")
}

// tell says what a guess is.
func (f *Follower) tell(g guess) string {
	age := func(d int64) time.Duration { return time.Duration(d).Round(time.Millisecond) }
	switch {
	case g.mode == idle && g.obs.status == unknown && g.missing:
		return "sees no record"
	case g.mode == idle && g.obs.status == unknown:
		return "has seen no record that counts"
	case g.mode == idle:
		return fmt.Sprintf("watches %s for %v of %v", g.obs.words(), age(g.wait), f.s.Timings[g.obs.lease].Lease)
	case g.mode == asking || g.mode == settling:
		return fmt.Sprintf("%s for %s instead of %s", modeNames[g.mode], g.own.words(), g.obs.words())
	case g.leads():
		sent := ""
		if g.sent {
			sent = ", with a beat under way"
		}
		return fmt.Sprintf("%s in %s, trusted for %v of %v%s", modeNames[g.mode], g.own.words(), age(g.trust), f.s.Timings[g.own.lease].Trust, sent)
	}
	return modeNames[g.mode] + " " + g.own.words()
}

// words are a record as entries of a run show it.
func (r record[N]) words() string {
	switch r.status {
	case unknown:
		return "what is no record"
	case absent:
		return "absence"
	}
	return fmt.Sprintf("%c term=%d beat=%d", " .LDVQ"[r.status], r.term, r.beat)
}
