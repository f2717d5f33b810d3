package space

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
)

// Limits of a space.
const (
	MaxSeats = 256
	MaxLease = time.Hour // of a session: others wait that long for it
	MaxTerm  = 1<<53 - 1<<32

	minLease = time.Second // what is believed; later versions may allow shorter ones than now
	maxCall  = 1<<53 - 1
)

// ErrForeign is wrapped by the errors of all parsers: somebody else wrote that, or a later
// version.
var ErrForeign = errors.New("foreign entry")

// An Epoch says whether locks are given away: the field e.
//
//	1 Q|O <leaseMs> <nonce> <server's time>
type Epoch struct {
	Open  bool
	Lease time.Duration // the longest that its authors knew of
	Nonce string
	Stamp string // the server's time at which the first epoch since the absence was written
}

// NewEpoch returns one with a fresh nonce. Over absence the stamp is empty: the script adds it.
func NewEpoch(open bool, lease time.Duration, stamp string) Epoch {
	return Epoch{open, lease, record.NewNonce(), stamp}
}

// String writes the epoch.
func (e Epoch) String() string {
	status := "Q"
	if e.Open {
		status = "O"
	}
	text := "1 " + status + " " + strconv.FormatInt(e.Lease.Milliseconds(), 10) + " " + e.Nonce
	if e.Stamp != "" {
		text += " " + e.Stamp
	}
	return text
}

// ParseEpoch reads what a script has stamped. Words behind the stamp are of a later version.
func ParseEpoch(s string) (Epoch, error) {
	f := strings.SplitN(s, " ", 6)
	if len(f) < 5 || f[0] != "1" || (f[1] != "Q" && f[1] != "O") {
		return Epoch{}, fmt.Errorf("%w: epoch %.100q", ErrForeign, s)
	}
	lease, ok := parseLease(f[2])
	if !ok || !record.IsNonce(f[3]) || !isStamp(f[4]) {
		return Epoch{}, fmt.Errorf("%w: epoch %.100q", ErrForeign, s)
	}
	return Epoch{f[1] == "O", lease, f[3], f[4]}, nil
}

// Sign is the epoch as a judge sees it.
func (e Epoch) Sign(bytes string) heartbeat.Beat { return heartbeat.Beat{Bytes: bytes, Lease: e.Lease} }

// A Session is what a process has in a space: the field s:<sid>.
//
//	<beat> <leaseMs> <id>{ <word>}
type Session struct {
	Beat  int64
	Lease time.Duration
	ID    string // a label for people
}

// String writes the session.
func (s Session) String() string {
	b := strconv.AppendInt(make([]byte, 0, 64), s.Beat, 10)
	b = strconv.AppendInt(append(b, ' '), s.Lease.Milliseconds(), 10)
	return string(record.AppendLabel(append(b, ' '), s.ID))
}

// ParseSession reads one. Words of a later version are ignored.
func ParseSession(s string) (Session, error) {
	f := strings.SplitN(s, " ", 4)
	if len(f) < 3 {
		return Session{}, fmt.Errorf("%w: session %.200q", ErrForeign, s)
	}
	beat, ok1 := record.ParseNumber(f[0], 0, record.MaxBeat)
	lease, ok2 := parseLease(f[1])
	id, ok3 := record.ParseLabel(f[2])
	if !ok1 || !ok2 || !ok3 {
		return Session{}, fmt.Errorf("%w: session %.200q", ErrForeign, s)
	}
	return Session{beat, lease, id}, nil
}

// Sign is the session as a judge sees it. Beats of one session are in an order.
func (s Session) Sign(bytes string) heartbeat.Beat {
	return heartbeat.Beat{Bytes: bytes, Count: s.Beat, Lease: s.Lease}
}

// A Holder is who holds a seat: the field l:<seat>:<name>.
//
//	<sid>:<n>:<term>
type Holder struct {
	SID  string
	N    int64 // of the call
	Term int64 // the server's time in µs at the grant, or a little more
}

// String writes the holder.
func (h Holder) String() string {
	return h.SID + ":" + strconv.FormatInt(h.N, 10) + ":" + strconv.FormatInt(h.Term, 10)
}

// Since is when the seat was granted, by the clock of Redis.
func (h Holder) Since() time.Time { return time.UnixMicro(h.Term) }

// ParseHolder reads one.
func ParseHolder(s string) (Holder, error) {
	f := strings.Split(s, ":")
	if len(f) != 3 || !record.IsNonce(f[0]) {
		return Holder{}, fmt.Errorf("%w: holder %.100q", ErrForeign, s)
	}
	n, ok1 := record.ParseNumber(f[1], 1, maxCall)
	term, ok2 := record.ParseNumber(f[2], 1, MaxTerm)
	if !ok1 || !ok2 {
		return Holder{}, fmt.Errorf("%w: holder %.100q", ErrForeign, s)
	}
	return Holder{f[0], n, term}, nil
}

// SeatField is the field of a seat.
func SeatField(seat int, name string) string { return "l:" + strconv.Itoa(seat) + ":" + name }

func parseLease(s string) (time.Duration, bool) {
	ms, ok := record.ParseNumber(s, minLease.Milliseconds(), MaxLease.Milliseconds())
	return time.Duration(ms) * time.Millisecond, ok
}

// isStamp reports whether a word is the server's time, "<seconds>.<microseconds>".
func isStamp(word string) bool {
	seconds, micros, dot := strings.Cut(word, ".")
	_, ok1 := record.ParseNumber(seconds, 0, maxCall)
	_, ok2 := record.ParseNumber(micros, 0, 999999)
	return dot && ok1 && ok2
}
