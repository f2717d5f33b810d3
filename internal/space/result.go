package space

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"example.com/incumbent/internal/record"
)

// ErrResult is wrapped, besides [ErrForeign], by errors about a result of Once.
var ErrResult = errors.New("result")

// A Result is what is kept of a key of Once.
//
//	1 <S> <fingerprint> <term> <id>{ <body>}
type Result struct {
	Status      ResultStatus
	Fingerprint string // raw; empty: not compared
	Term        int64  // in which it was made
	ID          string // of who made it
	Body        string // of Done and Final
}

// ResultStatus says what a result is.
type ResultStatus byte

// What a result may be.
const (
	Started  ResultStatus = 'S' // whoever began is at work, or has died
	Done     ResultStatus = 'D'
	Final    ResultStatus = 'F' // an error that is the result
	TooLarge ResultStatus = 'T' // done, but the result could not be kept
)

var encoding = base64.RawURLEncoding.Strict()

func isStatus(c byte) bool {
	switch ResultStatus(c) {
	case Started, Done, Final, TooLarge:
		return true
	}
	return false
}

// MaxFingerprint is how many bytes of one are kept.
const MaxFingerprint = 64

// Fingerprint is one as it is sent.
func Fingerprint(raw string) string {
	if raw == "" {
		return "-"
	}
	return encoding.EncodeToString([]byte(raw))
}

// String writes the result.
func (r Result) String() string {
	b := append(make([]byte, 0, 64+len(r.Body)), '1', ' ', byte(r.Status), ' ')
	b = append(append(b, Fingerprint(r.Fingerprint)...), ' ')
	b = append(strconv.AppendInt(b, r.Term, 10), ' ')
	b = record.AppendLabel(b, r.ID)
	if r.Status == Done || r.Status == Final {
		b = append(append(b, ' '), r.Body...)
	}
	return string(b)
}

// ParseResult reads one.
func ParseResult(s string) (Result, error) {
	foreign := func() (Result, error) { return Result{}, fmt.Errorf("%w: %w %.60q", ErrForeign, ErrResult, s) }
	f := strings.SplitN(s, " ", 6)
	if len(f) < 5 || f[0] != "1" || len(f[1]) != 1 || !isStatus(f[1][0]) {
		return foreign()
	}
	r := Result{Status: ResultStatus(f[1][0])}
	if hasBody := r.Status == Done || r.Status == Final; hasBody != (len(f) == 6) {
		return foreign()
	}
	if f[2] != "-" {
		raw, err := encoding.DecodeString(f[2])
		if err != nil || len(raw) == 0 || len(raw) > MaxFingerprint {
			return foreign()
		}
		r.Fingerprint = string(raw)
	}
	var ok1, ok2 bool
	r.Term, ok1 = record.ParseNumber(f[3], 1, MaxTerm)
	r.ID, ok2 = record.ParseLabel(f[4])
	if !ok1 || !ok2 {
		return foreign()
	}
	if len(f) == 6 {
		r.Body = f[5]
	}
	return r, nil
}
