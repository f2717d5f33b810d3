package schedule

import (
	"errors"
	"fmt"
	"math"
	"time"

	"example.com/incumbent/election"
)

// A Calendar is a set of due times. Make it with [Every], [Cron] or [Custom]; a bad one is
// found by [New]. It is a value and safe for concurrent use.
type Calendar struct {
	rule rule
	text string
	err  error // what is wrong with the arguments
}

// A rule computes due times. Instants are milliseconds since 1970: that is what the ledger
// keeps, so a finer due time could not be told from its neighbour.
type rule interface {
	// next returns the first due time after an instant, or never.
	next(after int64) (int64, error)
	// count returns how many due times are in (after, until], and most if there are more.
	count(after, until int64, most int) (int, error)
}

// never is the answer of a rule that has no further due time.
const never = math.MaxInt64

// Due times lie between these instants: what JSON and RFC 3339 can write.
var (
	earliest = time.Time{}.UnixMilli()
	latest   = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).UnixMilli()
)

// Next returns the first due time after t in UTC, zero if there is none. It is zero, too, for a
// bad calendar, and for one of [Custom] that returns a time which is not after the one it got.
// Due times after the year 9999 do not exist. It does not block.
func (c Calendar) Next(t time.Time) time.Time {
	next, err := c.next(millis(t))
	if err != nil {
		return time.Time{}
	}
	return instant(next)
}

// String identifies the calendar: one with another text is another, and has no past. Examples
// are "30 2 * * * Europe/Berlin", "every 5m0s" and "custom sunrise".
func (c Calendar) String() string { return c.text }

// Validate returns an error that wraps [election.ErrConfig] if c is bad, and says what to
// give instead. It calls the function of a [Custom] calendar some hundred times.
func (c Calendar) Validate() error { return badConfig(c.problem()) }

// problem is what Validate returns, without the words that say that it is about a config.
func (c Calendar) problem() error {
	switch r := c.rule.(type) {
	case nil:
		if c.err == nil {
			return errors.New("no calendar: make one with Every, Cron or Custom")
		}
		return c.err
	case custom:
		return r.probe()
	}
	return nil
}

// next is Next in milliseconds; its error says why there can be no answer.
func (c Calendar) next(after int64) (int64, error) {
	if c.rule == nil {
		return never, c.Validate()
	}
	if after >= latest {
		return never, nil
	}
	next, err := c.rule.next(max(after, earliest))
	if next > latest {
		next = never
	}
	return next, badConfig(err)
}

// count is the rule's count, of due times that exist.
func (c Calendar) count(after, until int64, most int) (int, error) {
	after, until = max(after, earliest), min(until, latest)
	switch {
	case c.rule == nil:
		return 0, c.Validate()
	case after >= until || most <= 0:
		return 0, nil
	}
	n, err := c.rule.count(after, until, most)
	return n, badConfig(err)
}

// bad is a calendar that cannot be used.
func bad(format string, args ...any) Calendar {
	return Calendar{err: fmt.Errorf(format, args...)}
}

// badConfig marks an error as one of the config; nil stays nil.
func badConfig(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", election.ErrConfig, err)
}

// millis rounds down. What lies beyond the years 1 to 9999 becomes their first or last instant,
// since milliseconds of remote years overflow.
func millis(t time.Time) int64 {
	switch year := t.Year(); {
	case year < 1:
		return earliest
	case year > 9999:
		return latest
	}
	return t.UnixMilli()
}

// instant is the time of a due time, zero for never.
func instant(ms int64) time.Time {
	if ms == never {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// floorDiv divides and rounds down, also before 1970.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
