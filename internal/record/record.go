// Package record reads and writes the value of an election's one key. It is the only
// place that knows the format.
package record

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/incumbent/heartbeat"
)

// A Record is the value of an election's one key:
//
//	1 <S> <term> <beat> <leaseMs> <holder> <nonce> <id> <meta>{ <word>}
//
// ASCII, separated by single spaces, at most 512 bytes. The fields up to id are
// fixed for ever. A reader ignores words that it does not know and keeps them.
type Record struct {
	Status Status
	Term   int64
	Beat   int64
	Lease  time.Duration // whole milliseconds; immutable within a term
	Holder string        // the ID of who wrote the status: a label for people
	Nonce  string        // fresh for every grant attempt: makes all bytes unique
	ID     string        // identity of the server's history, "-" for now
	Meta   string        // what the leader wants known
	Rest   string        // the words behind meta as they were read: the server's stamp, a pause, and those of a newer version
}

// Status says what a record is.
type Status byte

// What a record may be.
const (
	Led         Status = 'L'
	Draining    Status = 'D' // led, and asked to step down
	Vacant      Status = 'V' // released by somebody whose work had ended
	Quarantined Status = 'Q' // absence was seen; waited for like a silent leader
)

// How large a record and its fields may be.
const (
	MaxSize = 512 // bytes
	MaxTerm = 1<<53 - 1<<32
	MaxBeat = 1<<53 - 1
	MaxID   = 96  // bytes of the holder's text
	MaxMeta = 192 // bytes of text
)

const (
	version     = "1"
	holderRoom  = 128 // bytes, encoded
	metaRoom    = 256 // bytes, encoded
	nonceLength = 16  // characters: 96 bits in base64url

	// minLease is what a record's lease is believed from on. It is shorter than one that
	// may be chosen, so that a later version may allow shorter ones.
	minLease = 1 * time.Second
)

var encoding = base64.RawURLEncoding.Strict()

// String writes the record. It is called for every beat, so it takes some care.
func (r Record) String() string {
	var room [MaxSize]byte
	b := append(room[:0], version...)
	b = append(b, ' ', byte(r.Status))
	for _, n := range [...]int64{r.Term, r.Beat, r.Lease.Milliseconds()} {
		b = strconv.AppendInt(append(b, ' '), n, 10)
	}
	b = AppendLabel(append(b, ' '), r.Holder)
	b = append(append(b, ' '), r.Nonce...)
	b = append(append(b, ' '), r.ID...)
	b = AppendLabel(append(b, ' '), r.Meta)
	if r.Rest != "" {
		b = append(append(b, ' '), r.Rest...)
	}
	return string(b)
}

// Next returns the record one beat on with another status. If there is no room
// for that, words behind meta are shortened and go, one after the other.
func (r Record) Next(s Status) Record { return r.after(s, 1) }

// Beaten returns the record as its leader renews it. The beats that a leader sends are
// even, and none is sent twice.
func (r Record) Beaten() Record { return r.after(r.Status, 2+r.Beat&1) }

// Steered returns a held record as somebody else than its leader changes it. Such beats
// are odd, so no beat of the leader can be taken for one of them.
func (r Record) Steered(s Status) Record { return r.after(s, 1+r.Beat&1) }

// IsSteered reports whether somebody else than its leader wrote this held record. Versions
// that count all beats one by one write odd beats of their own, too.
func (r Record) IsSteered() bool { return r.Beat&1 == 1 }

func (r Record) after(s Status, beats int64) Record {
	r.Status = s
	r.Beat += beats
	return r.fit()
}

// Held reports whether somebody leads by this record.
func (r Record) Held() bool { return r.Status == Led || r.Status == Draining }

// NewNonce returns 96 random bits.
func NewNonce() string {
	b := make([]byte, 12)
	_, _ = rand.Read(b) // never fails, see its documentation
	return encoding.EncodeToString(b)
}

// Grant is what makes a record mine: never the holder's ID, which a restarted
// or a misconfigured process may share.
type Grant struct {
	Term  int64
	Nonce string
}

// Grant is the grant that the record is of.
func (r Record) Grant() Grant { return Grant{r.Term, r.Nonce} }

// Sign is the record as a judge sees it.
func (r Record) Sign(bytes string) heartbeat.Beat {
	return heartbeat.Beat{Bytes: bytes, Term: r.Term, Count: r.Beat, Lease: r.Lease}
}

// Parse reads what somebody else wrote. It accepts exactly what String
// writes, and trailing fields; everything else is foreign.
func Parse(s string) (Record, error) {
	if len(s) > MaxSize {
		return Record{}, fmt.Errorf("longer than %d bytes", MaxSize)
	}
	f := strings.SplitN(s, " ", 10)
	if f[0] != version {
		return Record{}, errors.New("not of format version " + version)
	}
	if len(f) < 8 {
		return Record{}, errors.New("too few fields")
	}
	p := fieldParser{}
	r := Record{
		Status: p.status(f[1]),
		Term:   p.number("term", f[2], 1, MaxTerm),
		Beat:   p.number("beat", f[3], 0, MaxBeat),
		Lease:  p.lease(f[4]),
		Holder: p.label("holder", f[5], holderRoom),
		Nonce:  p.nonce(f[6]),
		ID:     p.word("id", f[7]),
	}
	if len(f) > 8 {
		r.Meta = p.label("meta", f[8], metaRoom)
	}
	if len(f) > 9 {
		r.Rest = p.printable(f[9])
		if r.Rest == "" {
			p.fail("text") // String would not write the space
		}
	}
	return r, p.err
}

// AppendLabel encodes free text so that it has no space and no control byte.
func AppendLabel(b []byte, s string) []byte {
	if s == "" {
		return append(b, '-')
	}
	return encoding.AppendEncode(b, []byte(s))
}

// fieldParser keeps the first error, so that Parse reads as a list.
type fieldParser struct{ err error }

func (p *fieldParser) fail(field string) {
	if p.err == nil {
		p.err = errors.New("unreadable " + field)
	}
}

func (p *fieldParser) status(s string) Status {
	if s != "L" && s != "D" && s != "V" && s != "Q" {
		p.fail("status")
		return 0
	}
	return Status(s[0])
}

// ParseNumber accepts the one canonical way to write n: no sign, no leading zero.
func ParseNumber(s string, low, high int64) (n int64, ok bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	var room [20]byte
	return n, err == nil && n >= low && n <= high && string(strconv.AppendInt(room[:0], n, 10)) == s
}

func (p *fieldParser) number(field, s string, low, high int64) int64 {
	n, ok := ParseNumber(s, low, high)
	if !ok {
		p.fail(field)
	}
	return n
}

func (p *fieldParser) lease(s string) time.Duration {
	low, high := minLease.Milliseconds(), heartbeat.MaxLease.Milliseconds()
	return time.Duration(p.number("lease", s, low, high)) * time.Millisecond
}

func (p *fieldParser) label(field, s string, limit int) string {
	text, ok := parseLabel(s, limit)
	if !ok {
		p.fail(field)
	}
	return text
}

// ParseLabel reads the text of a holder, as [AppendLabel] writes it.
func ParseLabel(s string) (text string, ok bool) { return parseLabel(s, holderRoom) }

func parseLabel(s string, limit int) (text string, ok bool) {
	if s == "-" {
		return "", true
	}
	b, err := encoding.DecodeString(s) // which skips line breaks
	return string(b), err == nil && len(b) > 0 && len(s) <= limit && !strings.ContainsAny(s, "\r\n")
}

// IsNonce reports whether a text is one, as newNonce makes them.
func IsNonce(s string) bool {
	b, err := encoding.DecodeString(s)
	return err == nil && len(s) == nonceLength && len(b) == 12
}

func (p *fieldParser) nonce(s string) string {
	if !IsNonce(s) {
		p.fail("nonce")
	}
	return s
}

func (p *fieldParser) word(field, s string) string {
	if s == "" || len(s) > 64 {
		p.fail(field)
	}
	return p.printable(s)
}

// printable accepts ASCII that can be shown and sent back as it is.
func (p *fieldParser) printable(s string) string {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			p.fail("text")
		}
	}
	return s
}
