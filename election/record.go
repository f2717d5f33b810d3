package election

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

// A record is the value of an election's one key:
//
//	1 <S> <term> <beat> <leaseMs> <holder> <nonce> <id> <meta>
//
// ASCII, separated by single spaces, at most 512 bytes. The fields up to id are
// fixed for ever; a reader ignores whatever a newer version puts behind meta.
type record struct {
	status status
	term   int64
	beat   int64
	lease  time.Duration // whole milliseconds; immutable within a term
	holder string        // the ID of who wrote the status: a label for people
	nonce  string        // fresh for every grant attempt: makes all bytes unique
	id     string        // identity of the server's history, "-" for now
	meta   string        // what the leader wants known
	rest   string        // what the server added, and fields of a newer version: kept as they are
}

type status byte

const (
	led         status = 'L'
	draining    status = 'D' // led, and asked to step down
	vacant      status = 'V' // released by somebody whose work had ended
	quarantined status = 'Q' // absence was seen; waited for like a silent leader
)

const (
	recordVersion = "1"
	maxRecord     = 512 // bytes
	maxTerm       = 1<<53 - 1<<32
	maxBeat       = 1<<53 - 1
	maxHolder     = 128 // bytes, encoded
	maxMeta       = 256 // bytes, encoded
	maxID         = 96  // bytes, of text
	maxMetaText   = 192 // bytes, of text
	nonceLen      = 16  // characters: 96 bits in base64url
)

var encoding = base64.RawURLEncoding.Strict()

// String writes the record. It is called for every beat, so it takes some care.
func (r record) String() string {
	var room [maxRecord]byte
	b := append(room[:0], recordVersion...)
	b = append(b, ' ', byte(r.status))
	for _, n := range [...]int64{r.term, r.beat, r.lease.Milliseconds()} {
		b = strconv.AppendInt(append(b, ' '), n, 10)
	}
	b = appendLabel(append(b, ' '), r.holder)
	b = append(append(b, ' '), r.nonce...)
	b = append(append(b, ' '), r.id...)
	b = appendLabel(append(b, ' '), r.meta)
	if r.rest != "" {
		b = append(append(b, ' '), r.rest...)
	}
	return string(b)
}

// next returns the record one beat on with another status. If there is no room
// for that, fields of a newer version go: they are free to be missing.
func (r record) next(s status) record {
	r.status = s
	r.beat++
	if r.rest != "" && len(r.String()) > maxRecord {
		r.rest = ""
	}
	return r
}

// held reports whether somebody holds the office by this record.
func (r record) held() bool { return r.status == led || r.status == draining }

// newNonce returns 96 random bits.
func newNonce() string {
	b := make([]byte, 12)
	_, _ = rand.Read(b) // never fails, see its documentation
	return encoding.EncodeToString(b)
}

// owner is what makes a record mine: never the holder's ID, which a restarted
// or a misconfigured process may share.
type owner struct {
	term  int64
	nonce string
}

func (r record) owner() owner { return owner{r.term, r.nonce} }

// sign is the record as a judge sees it.
func (r record) sign(bytes string) heartbeat.Sign {
	return heartbeat.Sign{Bytes: bytes, Epoch: r.term, Count: r.beat, Lease: r.lease}
}

// parseRecord reads what somebody else wrote. It accepts exactly what String
// writes, and trailing fields; everything else is foreign.
func parseRecord(s string) (record, error) {
	if len(s) > maxRecord {
		return record{}, fmt.Errorf("longer than %d bytes", maxRecord)
	}
	f := strings.SplitN(s, " ", 10)
	if f[0] != recordVersion {
		return record{}, errors.New("not of format version " + recordVersion)
	}
	if len(f) < 8 {
		return record{}, errors.New("too few fields")
	}
	p := fieldParser{}
	r := record{
		status: p.status(f[1]),
		term:   p.number("term", f[2], 1, maxTerm),
		beat:   p.number("beat", f[3], 0, maxBeat),
		lease:  p.lease(f[4]),
		holder: p.label("holder", f[5], maxHolder),
		nonce:  p.nonce(f[6]),
		id:     p.word("id", f[7]),
	}
	if len(f) > 8 {
		r.meta = p.label("meta", f[8], maxMeta)
	}
	if len(f) > 9 {
		r.rest = p.printable(f[9])
		if r.rest == "" {
			p.fail("text") // String would not write the space
		}
	}
	return r, p.err
}

// appendLabel encodes free text so that it has no space and no control byte.
func appendLabel(b []byte, s string) []byte {
	if s == "" {
		return append(b, '-')
	}
	return encoding.AppendEncode(b, []byte(s))
}

// fieldParser keeps the first error, so that parseRecord reads as a list.
type fieldParser struct{ err error }

func (p *fieldParser) fail(field string) {
	if p.err == nil {
		p.err = errors.New("unreadable " + field)
	}
}

func (p *fieldParser) status(s string) status {
	if s != "L" && s != "D" && s != "V" && s != "Q" {
		p.fail("status")
		return 0
	}
	return status(s[0])
}

// parseNumber accepts the one canonical way to write n: no sign, no leading zero.
func parseNumber(s string, low, high int64) (n int64, ok bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= low && n <= high && strconv.FormatInt(n, 10) == s
}

func (p *fieldParser) number(field, s string, low, high int64) int64 {
	n, ok := parseNumber(s, low, high)
	if !ok {
		p.fail(field)
	}
	return n
}

func (p *fieldParser) lease(s string) time.Duration {
	low, high := heartbeat.MinForeignLease.Milliseconds(), heartbeat.MaxLease.Milliseconds()
	return time.Duration(p.number("lease", s, low, high)) * time.Millisecond
}

func (p *fieldParser) label(field, s string, limit int) string {
	if s == "-" {
		return ""
	}
	b, err := encoding.DecodeString(s)
	if err != nil || len(b) == 0 || len(s) > limit || strings.ContainsAny(s, "\r\n") {
		p.fail(field) // DecodeString skips line breaks, so they are checked here
	}
	return string(b)
}

// isNonce reports whether a text is one, as newNonce makes them.
func isNonce(s string) bool {
	b, err := encoding.DecodeString(s)
	return err == nil && len(s) == nonceLen && len(b) == 12
}

func (p *fieldParser) nonce(s string) string {
	if !isNonce(s) {
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
