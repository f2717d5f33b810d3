package check

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Status is the second field of a record.
type Status byte

// The statuses of a record.
const (
	Led         Status = 'L'
	Draining    Status = 'D'
	Vacant      Status = 'V'
	Quarantined Status = 'Q'
)

// A State is what the key of an election held: nothing, a record, or bytes that
// are none. States are equal when the bytes are.
type State struct {
	Present bool
	Foreign string // the bytes, if they are no record
	Record
}

// A Record is the readable part of a state.
type Record struct {
	Status Status
	Term   int64
	Beat   int64
	Lease  time.Duration
	Holder string
	Nonce  int    // numbered in the order of appearance, so that runs can be compared
	Rest   string // the fields behind the nonce
}

// Readable reports whether the state is a record.
func (s State) Readable() bool { return s.Present && s.Foreign == "" }

// Held reports whether somebody holds leadership by the record.
func (s State) Held() bool {
	return s.Readable() && (s.Status == Led || s.Status == Draining)
}

// Waited reports whether the record must stand for its lease before it may be
// replaced by another term.
func (s State) Waited() bool { return s.Held() || s.Readable() && s.Status == Quarantined }

// SameOwner reports whether both records are of one grant.
func (s State) SameOwner(o State) bool {
	return s.Readable() && o.Readable() && s.Term == o.Term && s.Nonce == o.Nonce
}

// After reports whether s is later than o in the order of records.
func (s State) After(o State) bool {
	return s.Term > o.Term || s.Term == o.Term && s.Beat > o.Beat
}

// Sent is the state as its author sent it: without the field that the server
// adds where it replaces absence.
func (s State) Sent() State {
	if strings.Contains(s.Rest, ".") {
		s.Rest = strings.Join(slices.DeleteFunc(strings.Split(s.Rest, " "), isStamp), " ")
	}
	return s
}

// isStamp reports whether a word is the time that the server adds.
func isStamp(word string) bool {
	return strings.Count(word, ".") == 1 && strings.Trim(word, ".0123456789") == ""
}

func (s State) String() string {
	switch {
	case !s.Present:
		return "absent"
	case s.Foreign != "":
		return fmt.Sprintf("foreign %.20q", s.Foreign)
	}
	text := fmt.Sprintf("%c term=%d beat=%d lease=%v %s #%d", s.Status, s.Term, s.Beat, s.Lease, s.Holder, s.Nonce)
	if p := s.pause(); p.on {
		text += fmt.Sprintf(" paused until %d", p.until)
	}
	return text
}

// reader parses what a key holds.
type reader struct {
	nonces map[string]int   // numbered in the order in which they appear
	recent map[string]State // by their bytes: most are read several times
}

const recentStates = 256

func newReader() reader { return reader{map[string]int{}, map[string]State{}} }

func (r reader) number(nonce string) int {
	if r.nonces[nonce] == 0 {
		r.nonces[nonce] = len(r.nonces) + 1
	}
	return r.nonces[nonce]
}

func (r reader) read(present bool, bytes string) State {
	if !present {
		return State{}
	}
	s, known := r.recent[bytes]
	if !known {
		s = r.parse(bytes)
		if len(r.recent) == recentStates {
			clear(r.recent)
		}
		r.recent[bytes] = s
	}
	return s
}

func (r reader) parse(bytes string) State {
	f := strings.SplitN(bytes, " ", 8)
	foreign := State{Present: true, Foreign: bytes}
	if bytes == "" {
		foreign.Foreign = "(empty)"
	}
	if len(f) < 8 || f[0] != "1" || f[1] != "L" && f[1] != "D" && f[1] != "V" && f[1] != "Q" {
		return foreign
	}
	term, err1 := strconv.ParseInt(f[2], 10, 64)
	beat, err2 := strconv.ParseInt(f[3], 10, 64)
	lease, err3 := strconv.ParseInt(f[4], 10, 64)
	holder, err4 := base64.RawURLEncoding.DecodeString(f[5])
	if err1 != nil || err2 != nil || err3 != nil || err4 != nil {
		return foreign
	}
	return State{Present: true, Record: Record{
		Status: Status(f[1][0]), Term: term, Beat: beat, Lease: time.Duration(lease) * time.Millisecond,
		Holder: string(holder), Nonce: r.number(f[6]), Rest: f[7],
	}}
}
