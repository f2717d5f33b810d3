package schedule

import (
	"math/bits"
	"time"
)

// fields say at which minutes of a clock on the wall something is due. They know no time zone:
// wall times are seconds, as a clock shows them, since it showed 1970-01-01 00:00. Each field
// is a set of values: bit n stands for n.
type fields struct {
	minute, hour, dayOfMonth, month, dayOfWeek uint64

	// Whether a day field is a star. If neither is, a day fits that fits one of them, even if a
	// field lists all days: so every cron reads it.
	anyDayOfMonth, anyDayOfWeek bool
}

// column is the set of the n-th field.
func (f *fields) column(n int) *uint64 {
	return [...]*uint64{&f.minute, &f.hour, &f.dayOfMonth, &f.month, &f.dayOfWeek}[n]
}

const (
	allHours   = 1<<24 - 1
	dayMinutes = 24 * 60
	daySeconds = 24 * 60 * 60
)

// everyHour reports whether no hour is left out.
func (f *fields) everyHour() bool { return f.hour == allHours }

// fires reports whether there is a day that fits.
func (f *fields) fires() bool {
	if !f.anyDayOfWeek {
		return true // each month has each day of the week
	}
	for m := time.January; m <= time.December; m++ {
		longest := time.Date(2000, m+1, 0, 0, 0, 0, 0, time.UTC).Day()
		if f.month>>m&1 != 0 && f.dayOfMonth&(1<<(longest+1)-1) != 0 {
			return true
		}
	}
	return false
}

// day reports whether something is due on a day, counted from 1970, and which day to look at
// next: the first of the next month if the month does not fit.
func (f *fields) day(d int64) (due bool, next int64) {
	t := time.Unix(d*daySeconds, 0).UTC()
	year, month, day := t.Date()
	if f.month>>month&1 == 0 {
		return false, floorDiv(time.Date(year, month+1, 1, 0, 0, 0, 0, time.UTC).Unix(), daySeconds)
	}
	ofMonth, ofWeek := f.dayOfMonth>>day&1 != 0, f.dayOfWeek>>t.Weekday()&1 != 0
	if !f.anyDayOfMonth && !f.anyDayOfWeek {
		return ofMonth || ofWeek, d + 1
	}
	return ofMonth && ofWeek, d + 1
}

// next returns the first wall time in [from, to) that fits.
func (f *fields) next(from, to int64) (wall int64, ok bool) {
	first := -floorDiv(-from, 60) // in whole minutes, rounded up
	for d, after := floorDiv(first, dayMinutes), int64(0); d*daySeconds < to; d = after {
		var due bool
		if due, after = f.day(d); !due {
			continue
		}
		if m, ok := f.ofDay(int(max(0, first-d*dayMinutes))); ok {
			wall = d*daySeconds + int64(m)*60
			return wall, wall < to
		}
	}
	return 0, false
}

// ofDay returns the first minute of a day, from a given one on, that fits.
func (f *fields) ofDay(from int) (int, bool) {
	hour, minute := from/60, from%60
	if f.hour>>hour&1 != 0 && f.minute>>minute != 0 {
		return from + bits.TrailingZeros64(f.minute>>minute), true
	}
	later := f.hour >> (hour + 1) << (hour + 1)
	return bits.TrailingZeros64(later)*60 + bits.TrailingZeros64(f.minute), later != 0
}

// count returns how many wall times in [from, to) fit. It looks at each day once.
func (f *fields) count(from, to int64) int {
	first, last := -floorDiv(-from, 60), -floorDiv(-to, 60)
	n := 0
	for d, after := floorDiv(first, dayMinutes), int64(0); d*dayMinutes < last; d = after {
		var due bool
		if due, after = f.day(d); due {
			n += f.before(min(last-d*dayMinutes, dayMinutes)) - f.before(max(0, first-d*dayMinutes))
		}
	}
	return n
}

// before returns how many minutes of a day fit and come before the given one.
func (f *fields) before(m int64) int {
	hour, minute := m/60, m%60
	n := bits.OnesCount64(f.hour&(1<<hour-1)) * bits.OnesCount64(f.minute)
	if f.hour>>hour&1 != 0 {
		n += bits.OnesCount64(f.minute & (1<<minute - 1))
	}
	return n
}
