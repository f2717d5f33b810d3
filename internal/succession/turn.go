// Package succession is the order in which candidates that wait are notified of a vacancy.
package succession

import (
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/register"
)

// A Turn is a candidate's part in an orderly handover: it makes itself known
// to the leader, and waits for its turn when it is notified of a vacancy that others
// were notified of before it. The leader's part is the [Waitlist].
type Turn struct {
	Token      string            // whose channel a vacancy is announced on; empty: an observer's
	Since      heartbeat.Instant // it waits for leadership since then
	Listening  bool              // on that channel
	AnnounceAt *heartbeat.Instant
	turn       heartbeat.Instant // a vacancy may be tried from then
}

// announceWithin is how soon a new leader knows who waits.
const announceWithin = 50 * time.Millisecond

// LeastTurn is how long each of those notified of a vacancy has before the next.
const LeastTurn = 50 * time.Millisecond

// Forever is longer than anybody waits.
const Forever = 1 << 62

// ScheduleAnnouncement plans to introduce the candidate to a new leader, at a random
// moment since others do the same. Half the time is for the leader to begin to listen.
func (q *Turn) ScheduleAnnouncement(now heartbeat.Instant, chance float64) {
	at := now.Add(announceWithin/2 + time.Duration(chance*float64(announceWithin/2)))
	q.AnnounceAt = &at
}

// UntilAnnouncement is how long until the candidate should look for no other
// reason than to introduce itself.
func (q *Turn) UntilAnnouncement(now heartbeat.Instant) time.Duration {
	if q.AnnounceAt == nil || !q.Listening {
		return Forever
	}
	return q.AnnounceAt.Since(now)
}

// Note is what goes with a look.
func (q *Turn) Note(p register.Place, now heartbeat.Instant) register.Note {
	if !q.Listening {
		return register.Note{}
	}
	return register.Note{Channel: p.Leader(), Text: announcement(q.Token, max(0, now.Since(q.Since)))}
}

// OnVacancy sets the turn of who is notified of a vacancy with that rank.
func (q *Turn) OnVacancy(rank int, received heartbeat.Instant, roundTrip time.Duration) {
	q.turn = heartbeat.Instant{}
	if rank > 1 {
		q.turn = received.Add(time.Duration(rank-1) * max(LeastTurn, 4*roundTrip))
	}
}

// Begins returns when the turn begins: until then a vacancy is left to others.
func (q *Turn) Begins() heartbeat.Instant { return q.turn }
