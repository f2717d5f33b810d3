package fresh

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// A head stands before the bytes of a value:
//
//	1 <expires> <term> <made> <value>
//
// Expires and made are milliseconds by the clock of Redis. Within a term, made rises with
// each value, so term and made order all values, and no head is written twice.
type head struct {
	expires int64 // 0: never
	term    int64
	made    int64 // when the refresh began
}

// version is that of the form.
const version = "1"

// maxSize is how large a value may be.
const maxSize = 1 << 20

var errForm = errors.New("it is not of the form 1 EXPIRES TERM MADE VALUE")

// String is the head with the space behind it.
func (h head) String() string {
	b := append(make([]byte, 0, 64), version...)
	for _, n := range []int64{h.expires, h.term, h.made} {
		b = strconv.AppendInt(append(b, ' '), n, 10)
	}
	return string(append(b, ' '))
}

// after reports whether the value of h is newer than that of o.
func (h head) after(o head) bool {
	return h.term > o.term || h.term == o.term && h.made > o.made
}

// parse splits what Redis holds.
func parse(text string) (h head, value string, err error) {
	fields := strings.SplitN(text, " ", 5)
	if len(fields) != 5 || fields[0] != version {
		return head{}, "", errForm
	}
	for i, n := range []*int64{&h.expires, &h.term, &h.made} {
		if *n, err = strconv.ParseInt(fields[i+1], 10, 64); err != nil {
			return head{}, "", errForm
		}
	}
	if h.expires < 0 || h.term <= 0 || h.made < 0 || !strings.HasPrefix(text, h.String()) {
		return head{}, "", errForm
	}
	return h, fields[4], nil
}

const (
	// defaultEvery is how often a value is refreshed that never expires.
	defaultEvery = time.Minute
	// shortest is the least pause that is derived from a life.
	shortest = 100 * time.Millisecond
)

// period is the pause between two refreshes, from one begin to the next.
func (h head) period(every time.Duration) time.Duration {
	if h.expires == 0 {
		if every == 0 {
			return defaultEvery
		}
		return every
	}
	p := max(millis(h.expires-h.made)*2/3, shortest)
	if every != 0 {
		p = min(p, every)
	}
	return p
}

// longest is more than any pause, and can be doubled.
const longest = time.Duration(1 << 60)

// millis is a duration of so many milliseconds, at most the longest.
func millis(n int64) time.Duration {
	return micros(min(max(n, -1<<45), 1<<45) * 1000)
}

func micros(n int64) time.Duration {
	const most = int64(longest / time.Microsecond)
	return time.Duration(min(max(n, -most), most)) * time.Microsecond
}
