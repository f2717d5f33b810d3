package heartbeat

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Limits of a lease.
const (
	DefaultLease = 15 * time.Second
	MinLease     = 2 * time.Second
	MaxLease     = 24 * time.Hour
)

// ErrUnsafeTiming is wrapped by every error of [Timing.Validate]: with such
// durations two leaders could act at once, or a single lost beat would end a
// term. The message names the number to change and a value that works.
var ErrUnsafeTiming = errors.New("heartbeat: unsafe timing")

// Timing is the set of durations that a beating side and its judges live by.
// [ForLease] derives all of them from the lease; they depend on each other, so
// change one only together with [Timing.Validate].
type Timing struct {
	Lease   time.Duration // how long a judge must see no change before it calls the pulse silent
	Trust   time.Duration // how long the beating side trusts a confirmed beat, from its first send
	Grace   time.Duration // what work gets to end in after trust has ended
	Beat    time.Duration // longest pause between two beats
	Attempt time.Duration // how long one attempt at a beat may take before it is given up
	Drift   float64       // assumed bound of a clock's rate error, 0.05 = 5 %
	Slack   time.Duration // assumed lateness of timers and scheduler
}

// maxAttempt is how long it makes sense to wait for an answer, however long the
// lease.
const maxAttempt = 10 * time.Second

// ForLease derives every duration from the lease: trust 0.6, grace 0.2, beat
// 2/15 and attempt 0.1 of it (250 ms to 10 s), a rate error of 5 % and a slack of lease/50, at
// least 50 ms. At the default of 15 s that is 9 s, 3 s, 2 s, 1.5 s and 300 ms.
func ForLease(lease time.Duration) Timing {
	return Timing{
		Lease:   lease,
		Trust:   lease * 3 / 5,
		Grace:   lease / 5,
		Beat:    lease * 2 / 15,
		Attempt: min(max(lease/10, 250*time.Millisecond), maxAttempt),
		Drift:   0.05,
		Slack:   max(lease/50, 50*time.Millisecond),
	}
}

// Validate reports the first rule that the durations break, wrapping
// [ErrUnsafeTiming]. The rules are
//
//	(Trust + Grace + Slack) / (1 - Drift)  <=  Lease / (1 + Drift)
//	3*Beat + Attempt  <=  Trust            so that two lost beats are survived
//	Attempt  <=  Beat
//
// The first one is what keeps two leaders apart, see docs/protocol.md for the
// proof.
func (t Timing) Validate() error {
	switch {
	case t.Lease < MinLease || t.Lease > MaxLease:
		return unsafe("lease %v is outside %v to %v; choose one inside, %v suits most", t.Lease, MinLease, MaxLease, DefaultLease)
	case t.Trust <= 0 || t.Beat <= 0 || t.Attempt <= 0 || t.Grace < 0 || t.Slack < 0:
		return unsafe("trust %v, beat %v and attempt %v must be positive, grace %v and slack %v not negative", t.Trust, t.Beat, t.Attempt, t.Grace, t.Slack)
	case !(t.Drift >= 0 && t.Drift < 0.5): // NaN, too
		return unsafe("drift %v is outside 0 to 0.5; 0.05 is generous for real clocks", t.Drift)
	case t.busy() > t.quiet(t.Lease):
		return unsafe("trust %v + grace %v do not fit into lease %v: the work could still run when others may take over; %s",
			t.Trust, t.Grace, t.Lease, t.roomAdvice())
	case t.Beat > (t.Trust-t.Attempt)/3 && t.Attempt > t.Trust/4:
		return unsafe("an attempt of %v is too long for trust %v; lower it and the beat to %v", t.Attempt, t.Trust, t.Trust/4)
	case t.Beat > (t.Trust-t.Attempt)/3: // 3*Beat could overflow
		return unsafe("three beats of %v and an attempt of %v do not fit into trust %v; lower the beat to %v", t.Beat, t.Attempt, t.Trust, (t.Trust-t.Attempt)/3)
	case t.Attempt > t.Beat:
		return unsafe("an attempt of %v is longer than a beat of %v; lower the attempt to %v", t.Attempt, t.Beat, t.Beat)
	}
	return nil
}

// MaxGrace returns the longest grace that lease and trust leave room for;
// negative if they leave none.
func (t Timing) MaxGrace() time.Duration {
	return time.Duration(float64(t.quiet(t.Lease))*(1-t.Drift)) - t.Trust - t.Slack
}

// Retry is how long after the start of a failed attempt the next one begins.
func (t Timing) Retry() time.Duration { return min(t.Beat/4, 500*time.Millisecond) }

// Spread is the longest random delay before a takeover, so that a fleet whose
// timers end together does not fire at once.
func (t Timing) Spread() time.Duration { return t.Lease / 100 }

// Failover is how long after a leader's crash its successor is elected.
type Failover struct {
	Earliest time.Duration // not before, if the last beats got through and clocks run at the right rate
	Usual    time.Duration // at most, while notifications arrive
	Worst    time.Duration // at most, when the last notification was lost, or none arrive
}

// Failover returns the bounds for these durations, network round trips
// excluded: lease - beat - slack, lease + slack + spread, and two beats more.
func (t Timing) Failover() Failover {
	usual := t.Lease + t.Slack + t.Spread()
	return Failover{Earliest: t.Lease - t.Beat - t.Slack, Usual: usual, Worst: usual + 2*t.Beat}
}

// busy is the longest real time that work may run after the send of the last
// confirmed beat, on a clock that is slow by Drift.
func (t Timing) busy() time.Duration {
	sum := float64(t.Trust) + float64(t.Grace) + float64(t.Slack) // which Durations could not hold
	return time.Duration(min(sum/(1-t.Drift), float64(math.MaxInt64/2)))
}

// quiet is the shortest real time in which a judge whose clock is fast by Drift
// measures a lease.
func (t Timing) quiet(lease time.Duration) time.Duration {
	return time.Duration(float64(lease) / (1 + t.Drift))
}

// leaseFor returns a lease, in whole seconds, whose derived durations have room
// for the grace.
func (t Timing) leaseFor(grace time.Duration) time.Duration {
	room := ForLease(MaxLease).MaxGrace().Seconds() / MaxLease.Seconds()
	lease := time.Duration(grace.Seconds()/room+1) * time.Second
	return max(lease, MinLease+time.Second)
}

// roomAdvice says what makes room for trust and grace.
func (t Timing) roomAdvice() string {
	room := t.MaxGrace()
	most := (room + t.Trust).Truncate(time.Millisecond) // without any grace
	switch {
	case most <= 0:
		return fmt.Sprintf("slack %v and drift %v leave no room for any work; lower them", t.Slack, t.Drift)
	case room < 0:
		return fmt.Sprintf("lower the trust to %v", min(most, ForLease(t.Lease).Trust))
	}
	room = room.Truncate(time.Millisecond)
	if lease := t.leaseFor(t.Grace); lease >= t.Lease && lease <= MaxLease {
		return fmt.Sprintf("lower the grace to %v or raise the lease to %v", room, lease)
	}
	return fmt.Sprintf("lower the grace to %v", room)
}

func unsafe(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsafeTiming, fmt.Sprintf(format, args...))
}
