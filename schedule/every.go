package schedule

import "time"

// Every is each multiple of d since 1970 in UTC. d is at least 1 s, in whole milliseconds; for
// shorter intervals there is singleton.Every, which keeps no ledger.
func Every(d time.Duration) Calendar {
	text := "every " + d.String()
	switch {
	case d < time.Second:
		return bad("calendar %q: give at least 1s, or use singleton.Every, which keeps no ledger", text)
	case d%time.Millisecond != 0:
		return bad("calendar %q: give whole milliseconds", text)
	}
	return Calendar{rule: every(d.Milliseconds()), text: text}
}

// every is an interval in milliseconds.
type every int64

func (e every) next(after int64) (int64, error) {
	return (floorDiv(after, int64(e)) + 1) * int64(e), nil
}

func (e every) count(after, until int64, most int) (int, error) {
	n := floorDiv(until, int64(e)) - floorDiv(after, int64(e))
	return int(min(n, int64(most))), nil
}
