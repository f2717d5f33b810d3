package election

import (
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/register"
)

// A queueing is a candidate's part in an orderly handover: it makes itself known
// to the leader, and waits for its turn when it is told of a vacancy that others
// were told of before it. The leader's part is the [roster].
type queueing struct {
	token     string            // whose channel a vacancy is announced on; empty: an observer's
	since     heartbeat.Instant // it waits for the office since then
	listening bool              // on that channel
	introduce *heartbeat.Instant
	turn      heartbeat.Instant // a vacancy may be tried from then
}

const (
	introduction = 50 * time.Millisecond // within which a new leader is told who waits
	leastTurn    = 50 * time.Millisecond // that each of those told of a vacancy has before the next
)

// forever is longer than anybody waits.
const forever = 1 << 62

// meet plans to introduce the candidate to a new leader, at a random moment since
// others do the same. Half the time is for the leader to begin to listen.
func (q *queueing) meet(now heartbeat.Instant, chance float64) {
	at := now.Add(introduction/2 + time.Duration(chance*float64(introduction/2)))
	q.introduce = &at
}

// untilIntroduction is how long until the candidate should look for no other
// reason than to introduce itself.
func (q *queueing) untilIntroduction(now heartbeat.Instant) time.Duration {
	if q.introduce == nil || !q.listening {
		return forever
	}
	return q.introduce.Mono - now.Mono
}

// note is what goes with a look.
func (q *queueing) note(p register.Place, now heartbeat.Instant) register.Note {
	if !q.listening {
		return register.Note{}
	}
	return register.Note{Channel: p.Leader(), Text: announcement(q.token, max(0, now.Mono-q.since.Mono))}
}

// told sets the turn of who is told of a vacancy with that rank.
func (q *queueing) told(rank int, received heartbeat.Instant, roundTrip time.Duration) {
	q.turn = heartbeat.Instant{}
	if rank > 1 {
		q.turn = received.Add(time.Duration(rank-1) * max(leastTurn, 4*roundTrip))
	}
}

// untilTurn is how long a vacancy must be left to others; zero or less if it may
// be tried.
func (q *queueing) untilTurn(now heartbeat.Instant) time.Duration { return q.turn.Mono - now.Mono }
