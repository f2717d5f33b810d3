package schedule

import (
	"fmt"
	"regexp"
	"time"
)

// idForm is what a calendar's ID may look like: the ledger's lines have no room for more.
var idForm = regexp.MustCompile(`^[A-Za-z0-9._:/-]{1,64}$`)

// Custom is a calendar of your own: next returns the first due time after t, or the zero time.
// It must be pure: for t < u < next(t), next(u) is next(t). The id stands for it: another id
// has no past. It has 1 to 64 characters of A-Z a-z 0-9 . _ : / -.
//
// Due times are rounded up to whole seconds. next gets whole seconds in UTC, and is called by
// several goroutines. After an outage at most 10,000 of its due times are counted as missed.
func Custom(id string, next func(t time.Time) time.Time) Calendar {
	switch {
	case !idForm.MatchString(id):
		return bad("custom calendar %.80q: give an ID of 1 to 64 characters of A-Z a-z 0-9 . _ : / -", id)
	case next == nil:
		return bad("custom calendar %q: give a function that returns the next due time", id)
	}
	return Calendar{rule: custom{id: id, after: next}, text: "custom " + id}
}

// customCounted bounds how often a user's function is called to count what was missed.
const customCounted = 10_000

type custom struct {
	id    string
	after func(time.Time) time.Time
}

// next asks from the whole second before: what is due within a second is due at its end, so
// all due times up to that end are found from the same instant.
func (c custom) next(after int64) (int64, error) {
	from := time.Unix(floorDiv(after, 1000), 0).UTC()
	due := c.after(from)
	switch {
	case due.IsZero() || due.Year() > 9999:
		return never, nil
	case !due.After(from):
		return never, c.wrong("the due time after %s is %s, which is not after it", stamp(from), stamp(due))
	}
	at := due.Unix()
	if due.Nanosecond() > 0 {
		at++
	}
	return at * 1000, nil
}

func (c custom) count(after, until int64, most int) (int, error) {
	most = min(most, customCounted)
	for n := range most {
		next, err := c.next(after)
		if err != nil || next > until {
			return n, err
		}
		after = next
	}
	return most, nil
}

// probe looks at the calendar from 100 instants of the years 2000 to 2050, half a year apart.
func (c custom) probe() error {
	const half = 15_778_463_000 // not a whole number of minutes: other times of the day each time
	fires := false
	for i := range int64(100) {
		at := 946_684_800_000 + i*half
		next, err := c.next(at)
		switch {
		case err != nil:
			return err
		case next == never:
			continue
		}
		fires = true
		for _, between := range []int64{at + (next-at)/2, next - 1000} {
			if again, err := c.next(between); err != nil {
				return err
			} else if again != next && between >= at {
				return c.wrong("the due time after %s is %s, but after %s it is %s: the function must be pure",
					stamp(instant(at)), stamp(instant(next)), stamp(instant(between)), stamp(instant(again)))
			}
		}
	}
	if !fires {
		return c.wrong("it has no due time from 2000 to 2050: it never fires")
	}
	return nil
}

func (c custom) wrong(format string, args ...any) error {
	return fmt.Errorf("custom calendar %q: "+format, append([]any{c.id}, args...)...)
}

// stamp is a time in messages.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "none"
	}
	return t.UTC().Format(time.RFC3339Nano)
}
