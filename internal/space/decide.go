package space

import "time"

// A Move is what to do about an epoch.
type Move int

// Moves.
const (
	Proceed    Move = iota // it is open
	Wait                   // it is a quarantine
	Quarantine             // write one over absence
	OpenNew                // write an open one over absence
	Lengthen               // replace it by one of the same status with a longer lease
	OpenUp                 // replace the quarantine by an open one
)

// Judged is what a process knows of an epoch besides its bytes.
type Judged struct {
	Longest   time.Duration // the longest lease that it knows of, its own included
	Silent    bool          // it has stood unchanged for its lease, by the clock of this process
	Immediate bool          // bootstrap at once, and no epoch was ever seen here
}

// DecideEpoch says what to do about what a look showed.
func DecideEpoch(is Sight, j Judged) Move {
	switch {
	case is.Bytes == "" && j.Immediate:
		return OpenNew
	case is.Bytes == "":
		return Quarantine
	case is.Epoch.Lease < j.Longest:
		return Lengthen
	case is.Epoch.Open:
		return Proceed
	case j.Silent:
		return OpenUp
	}
	return Wait
}

// Next is the epoch that a move writes.
func (m Move) Next(is Sight, longest time.Duration) Epoch {
	switch m {
	case OpenNew, OpenUp:
		return NewEpoch(true, max(longest, is.Epoch.Lease), is.Epoch.Stamp)
	case Lengthen:
		return NewEpoch(is.Epoch.Open, longest, is.Epoch.Stamp)
	default:
		return NewEpoch(false, longest, is.Epoch.Stamp)
	}
}

// A BeatVerdict is what the answer to a beat means.
type BeatVerdict int

// Verdicts.
const (
	Confirmed BeatVerdict = iota // the sent bytes are there
	Unchanged                    // the expected ones are: it was not executed
	Lost                         // there is no such session any more, or Redis went back
)

// JudgeBeat judges an answer to a beat. Nobody else changes a session but by ending it, so
// what is neither sent nor expected is an older state.
func JudgeBeat(answer, expect, sent string) BeatVerdict {
	switch answer {
	case sent:
		return Confirmed
	case expect:
		return Unchanged
	}
	return Lost
}
