package schedule

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"time"
)

// A backlog says what is to be done about the due times of a job between two instants.
type backlog struct {
	oldest  time.Time // the due time to run first; zero if none waits
	waiting int       // how many may still run, the oldest included: at most CatchUp
	late    int       // how many are dropped since it is too late for them
	pushed  int       // how many are dropped since CatchUp newer ones wait
	next    time.Time // the first due time after both instants; zero if there is none
}

// dropped is how many due times are dropped.
func (b backlog) dropped() int { return b.late + b.pushed }

// backlog sorts the due times in (after, now] by Late and CatchUp, which must have their
// defaults. Each of them is dropped or waits. After is the latest due time that was decided;
// if now is not later, since the clock was set back, there are none.
//
// It is pure, and its work is bounded: it looks at each day at most some dozen times, and
// never at each due time, however long ago after is. Only calendars made by Custom are asked
// for each, and at most 10,000 of these are counted. An error is one of such a calendar.
func (j Job) backlog(after, now time.Time) (backlog, error) {
	from, until := millis(after), millis(now)
	next, err := j.Due.next(max(from, until))
	if err != nil || until <= from {
		return backlog{next: instant(next)}, err
	}
	b := backlog{next: instant(next)}
	punctual := from
	if j.Late > 0 {
		punctual = max(from, until-j.Late.Milliseconds()-1)
	}
	if b.late, err = j.Due.count(from, punctual, math.MaxInt); err != nil {
		return b, err
	}
	kept, err := j.Due.newest(punctual, until, j.CatchUp)
	if err != nil {
		return b, err
	}
	if b.pushed, err = j.Due.count(punctual, kept, math.MaxInt); err != nil {
		return b, err
	}
	if b.waiting, err = j.Due.count(kept, until, j.CatchUp); err != nil || b.waiting == 0 {
		return b, err
	}
	oldest, err := j.Due.next(kept)
	b.oldest = instant(oldest)
	return b, err
}

// newest returns an instant from which on the newest n due times up to an instant lie, and no
// older one; it returns from if there are no more than n.
func (c Calendar) newest(from, until int64, n int) (int64, error) {
	if all, err := c.count(from, until, n+1); err != nil || all <= n {
		return from, err
	}
	enough, span := until, int64(1000) // after enough there lie n or more
	for before := 0; before < n; span *= 2 {
		enough = max(from, until-span)
		var err error
		if before, err = c.count(enough, until, n); err != nil {
			return from, err
		}
	}
	for few := until; few-enough > 1; { // after few there lie fewer
		middle := enough + (few-enough)/2
		switch has, err := c.count(middle, until, n); {
		case err != nil:
			return from, err
		case has < n:
			few = middle
		default:
			enough = middle
		}
	}
	return enough, nil
}

// startAt is when the run of a due time may start: Jitter spreads runs by name and due time, so
// that each leader computes the same.
func (j Job) startAt(due time.Time) time.Time {
	if j.Jitter <= 0 {
		return due
	}
	sum := sha256.Sum256([]byte(j.Name + " " + due.UTC().Format(time.RFC3339Nano)))
	return due.Add(time.Duration(binary.BigEndian.Uint64(sum[:8]) % uint64(j.Jitter)))
}
