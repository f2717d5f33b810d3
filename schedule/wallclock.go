package schedule

import "time"

// cron turns the wall times of its fields into instants, by the clocks of a zone.
//
// A clock is set forward or back. With fixed hours a wall time is due when the clock first
// reaches or passes it: right after a jump that skips it, and not again when it is shown
// again. So a daily job runs once on each day that the zone has. Without fixed hours it is
// due whenever the clock shows it.
type cron struct {
	fields fields
	zone   *time.Location
}

const (
	// horizon is how far ahead a due time is looked for: 29 February is up to 8 years away.
	horizon = 9 * 366 * daySeconds
	// lookBack is how long before an instant the clock can have shown a later time than at
	// that instant: offsets lie within a day of each other, or two at the date line.
	lookBack = 2 * daySeconds
)

// A period is a time in which the offset of the zone is the same: [start, end), in seconds.
type period struct {
	start, end int64
	offset     int64
	first      int64 // the first wall time that is due in this period, or at its start
}

// period returns the period of an instant.
func (c *cron) period(at int64) period {
	t := time.Unix(at, 0).In(c.zone)
	_, offset := t.Zone()
	start, end := t.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		// Behind the last change that its tables list, Go takes each year for 365 days: on
		// 31 December of a leap year the end lies in the past. It means the end of the year.
		end = time.Date(t.UTC().Year()+1, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	p := period{start: seconds(start, earliest), end: seconds(end, latest), offset: int64(offset)}
	p.first = p.start + p.offset
	if !c.fields.everyHour() && !start.IsZero() {
		p.first = c.shownBefore(p.start)
	}
	return p
}

// shownBefore returns up to where the clock had come before an instant at which it is set.
func (c *cron) shownBefore(start int64) int64 {
	shown := start - lookBack
	for at := start; at > start-lookBack; {
		before := time.Unix(at-1, 0).In(c.zone)
		_, offset := before.Zone()
		shown = max(shown, at+int64(offset))
		began, _ := before.ZoneBounds()
		at = seconds(began, earliest)
	}
	return shown
}

// seconds is a bound of a period. A missing one lies beyond all due times.
func seconds(t time.Time, missing int64) int64 {
	if t.IsZero() {
		return floorDiv(missing, 1000) * 2
	}
	return t.Unix()
}

// from returns the first wall time that may be due at an instant of the period or later.
func (p period) from(at int64) int64 {
	if at == p.start {
		return p.first
	}
	return max(p.first, at+p.offset)
}

func (c *cron) next(after int64) (int64, error) {
	at := floorDiv(after, 1000) + 1
	for limit := at + horizon; at < limit; {
		p := c.period(at)
		if wall, ok := c.fields.next(p.from(at), min(p.end, limit)+p.offset); ok {
			return max(at, wall-p.offset) * 1000, nil
		}
		at = p.end
	}
	return never, nil
}

func (c *cron) count(after, until int64, most int) (int, error) {
	at, end := floorDiv(after, 1000)+1, floorDiv(until, 1000)+1
	n := 0
	for at < end && n < most {
		p := c.period(at)
		from := p.from(at)
		if shows := p.start + p.offset; at == p.start && from < shows {
			// What the jump skipped, and what the clock shows after it, is one due time.
			if c.fields.count(from, shows+1) > 0 {
				n++
			}
			from = shows + 1
		}
		n += c.fields.count(from, min(p.end, end)+p.offset)
		at = p.end
	}
	return min(n, most), nil
}
