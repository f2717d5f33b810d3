package model

import (
	"fmt"
	"math"
	"time"
)

// The model follows a run: its own steps, with the terms, beats and durations that the run
// had. What a process remembers is not in the history of a run, so a [Follower] keeps all
// that the model allows it to be, and drops what the next entry contradicts. A [Keeper]
// does the same for the register.

// A Record is one of a run.
type Record = record[int64]

// Pause is what a record of a run says of one.
type Pause = pause

// The pauses.
const (
	NoPause    = none
	TimedPause = timed
	LongPause  = lasting
)

// NewRecord returns a record. The status is the letter in the record, or another byte for
// bytes that are none; such contents are told apart by their nonce.
func NewRecord(status byte, term, beat, holder, nonce int64, lease Lease, paused Pause) Record {
	r := Record{term: term, beat: beat, holder: holder, nonce: nonce, lease: lease, pause: paused}
	switch status {
	case 'L':
		r.status = led
	case 'D':
		r.status = asked
	case 'V':
		r.status = vacant
	case 'Q':
		r.status = quarantined
	}
	return r
}

// NoRecord is what an empty register holds.
func NoRecord() Record { return nothing[int64]() }

// A Moment is an instant, and what the clocks of a process said then.
type Moment struct{ At, Mono, Wall time.Duration }

// older is by how much a moment is older than another, by whichever clock says more.
func (t Moment) older(now Moment) time.Duration { return max(now.Mono-t.Mono, now.Wall-t.Wall) }

// back returns the moment that was so much earlier by both clocks.
func (t Moment) back(d time.Duration) Moment { return Moment{t.At - d, t.Mono - d, t.Wall - d} }

// Timing is what a process makes of a lease.
type Timing struct {
	Lease time.Duration // how long it waits for a record of that lease
	Trust time.Duration // how long it trusts its own
	End   time.Duration // trust and grace: by then its work is over
}

// Settings are those of a process whose run is followed.
type Settings struct {
	Number    int      // by which records name it, from 1
	Lease     Lease    // its own
	Timings   []Timing // by lease
	Immediate bool     // it takes an absent record at once
	Rounding  time.Duration
	Slack     time.Duration // how late timers may be
	Attempt   time.Duration // how long an answer may wait for those of its packet
}

// Fits reports an error if work under these settings may still run when others may take over.
// Rate is by how much a clock may be wrong, 0.05 for instance.
func (s Settings) Fits(rate float64) error {
	t := s.Timings[s.Lease]
	over, taken := float64(t.End+s.Slack)/(1-rate), float64(t.Lease)/(1+rate)
	if over <= taken {
		return nil
	}
	return fmt.Errorf("trust and grace of %v do not fit into a lease of %v", t.End, t.Lease)
}

// newFollowed returns the model of one process with these settings.
func newFollowed(s Settings) *model[int64] {
	cfg := Config{Processes: 1, Terms: 1, Beats: math.MaxInt32, Pushes: 1, Pauses: 1, Former: true, Slow: true, Leases: []Lease{s.Lease}}
	m := newModel[int64](cfg, Variant{Immediate: s.Immediate, LookOverdue: true})
	m.most, m.first = math.MaxInt64/2, int64(s.Number)-1
	m.ticks = nil
	for _, t := range s.Timings {
		m.ticks = append(m.ticks, ticks[int64]{lease: int64(t.Lease - s.Rounding), trust: int64(t.Trust + s.Rounding), end: int64(t.End + s.Slack)})
	}
	return m
}

// guess is what a process may be.
type guess struct {
	process[int64]

	waitFrom, trustFrom, ageFrom Moment // what its counters count from

	missing bool          // the last answer that it took in showed no record
	ignored uint8         // answers in a row that it did not take in
	aside   Record        // what it sends to settle its grant
	left    time.Duration // when an answer asked for the end of its work, or showed it
	gone    int64         // the term that an answer has ended
}

// atTime sets the counters, and ends what time ends. Work that runs on, or has not begun yet,
// is for [Follower.Ends] and [Follower.Begins].
func (f *Follower) atTime(g guess) guess {
	g.wait = int64(f.now.Mono - g.waitFrom.Mono)
	g.trust, g.age = int64(g.trustFrom.older(f.now)), int64(g.ageFrom.older(f.now))
	if g.mode == idle {
		g.age = int64(f.now.Mono - g.ageFrom.Mono)
	}
	if !g.leads() {
		return g
	}
	was := g.process
	f.m.runOut(&g.process)
	if over := f.done == was.own.term && !f.justEnded(); !g.leads() && !over {
		g.process = was
		if g.mode == working {
			g.mode = expired
		}
	}
	if g.leads() {
		g.slow, g.floor = was.slow, was.floor // it may still be on its way
	}
	return g
}

// became returns the guess after a step of the model, in which each counter went on, took
// the value of another one, or began anew.
func (f *Follower) became(g guess, next process[int64]) guess {
	was := g
	g.process = next
	if next.wait != was.wait {
		g.waitFrom = f.now.back(time.Duration(next.wait))
	}
	switch next.trust {
	case was.trust:
	case was.age:
		g.trustFrom = was.ageFrom
	default:
		g.trustFrom = f.now.back(time.Duration(next.trust))
	}
	if next.age != was.age {
		g.ageFrom = f.now.back(time.Duration(next.age))
	}
	if was.leads() && !next.leads() || next.mode == lost && was.mode != lost {
		g.gone = was.own.term
	}
	if was.mode == working && next.mode != working && next.mode != expired {
		g.left = f.now.At
	}
	return g
}

// normal clears what does not matter any more, so that equal guesses are equal.
func (f *Follower) normal(g guess) guess {
	if f.working == 0 {
		g.left, g.gone = 0, 0
	}
	g.wait, g.trust, g.age = 0, 0, 0
	if g.mode != idle || g.obs.status == unknown {
		g.waitFrom = Moment{}
	}
	if !g.leads() {
		g.trustFrom = Moment{}
	}
	if g.mode != idle && g.mode != asking && !g.sent {
		g.ageFrom = Moment{}
	}
	if g.mode != settling {
		g.aside = Record{}
	}
	return g
}
