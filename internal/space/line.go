package space

import (
	"strings"

	"example.com/incumbent/internal/record"
)

// A Line is what a script publishes to a session. Only [Granted] is believed, for a call that
// still wants it.
type Line struct {
	Kind LineKind
	Name string // of the lock; of Ready the key of Once; of Changed the set
	N    int64  // of the call: of who was granted, or of who is asked about
	Term int64
	Seat int
	SID  string // of who asks
}

// LineKind is what a line is about.
type LineKind int

// Kinds of lines. Everything else that arrives is ignored.
const (
	Ignored LineKind = iota // also the probe, 0
	Granted                 // ! <n> <term> <seat> <name>
	Asked                   // ? <n> <sid> <name>: release what you do not know
	Ready                   // = <key>: there is a result
	Changed                 // ~ <set>: look at the set
)

// ParseLine reads a line.
func ParseLine(s string) Line {
	f := strings.Split(s, " ")
	switch {
	case f[0] == "!" && len(f) == 5:
		n, ok1 := record.ParseNumber(f[1], 1, maxCall)
		term, ok2 := record.ParseNumber(f[2], 1, MaxTerm)
		seat, ok3 := record.ParseNumber(f[3], 0, MaxSeats-1)
		if ok1 && ok2 && ok3 && f[4] != "" {
			return Line{Kind: Granted, Name: f[4], N: n, Term: term, Seat: int(seat)}
		}
	case f[0] == "?" && len(f) == 4:
		n, ok := record.ParseNumber(f[1], 1, maxCall)
		if ok && record.IsNonce(f[2]) && f[3] != "" {
			return Line{Kind: Asked, Name: f[3], N: n, SID: f[2]}
		}
	case f[0] == "=" && len(f) == 2 && f[1] != "":
		return Line{Kind: Ready, Name: f[1]}
	case f[0] == "~" && len(f) == 2 && f[1] != "":
		return Line{Kind: Changed, Name: f[1]}
	}
	return Line{}
}
