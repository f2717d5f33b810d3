// Package election elects one of many candidates through Redis and runs the
// leader's work for one term: one call of [Elector.Lead] is one term.
//
//	e, err := election.New(rdb, election.Config{Name: "poller"})
//	…
//	err = e.Lead(ctx, func(ctx context.Context, term election.Term) error {
//		return poll(ctx, term) // returns when ctx ends
//	})
//
// Package singleton does it term after term, for as long as a process lives.
//
// # What is not guaranteed
//
// While the declared assumptions hold, at most one candidate works at any
// instant. No lock service can promise that for a process that is paused between
// looking at its context and acting: it may act after its term. Only the
// resource can refuse that, by comparing the [Term] it is given with the highest
// it has seen.
//
// The assumptions:
//
//   - Clocks run at the same rate within 5 %.
//   - Timers are late by a fiftieth of the lease at most.
//   - Redis undoes no write that it acknowledged. A failover to a replica that lags
//     does undo some.
//   - While Redis has lost its data, no candidate starts with a shorter lease than the
//     leader's.
//
// docs/guarantees.md says what happens when one of them breaks.
//
// # Overview
//
// An election is one key in Redis that is never deleted. Its value is the record. The
// record names the term, its leader and a beat. A nonce makes all bytes ever written
// unique. Every write is a compare-and-set: it replaces exactly the bytes that its author
// has seen.
//
//	             campaign ◄─────────────┐
//	                │                   │
//	                │ granted           │
//	                ▼                   │
//	       lead: work, beats            │ the next call of Lead
//	                │                   │
//	                │ the term ends     │
//	                ▼                   │
//	drain: beats until the work returns │
//	                │                   │
//	                │ the work returned │
//	                ▼                   │
//	             release ───────────────┘
//
// A candidate looks at the record. What it does depends on the status:
//
//   - Vacant: the candidate claims the record at once.
//   - Led: the candidate waits until the bytes have not changed for the record's lease,
//     and then replaces exactly those bytes.
//   - Absent: Redis may have lost the record of a leader that still works. The candidate
//     writes a quarantine, which all candidates wait for as for a silent leader.
//
// # What protects what
//
//   - The compare-and-set protects the record. A request that is late, doubled or
//     retried changes nothing.
//   - The leader's own clock protects the work. The work's context ends when no beat was
//     confirmed within the trust, whatever the client's calls do meanwhile.
//   - The term protects the resource. It rises in the same step that changes the
//     leader, and is never used again, even if Redis loses everything.
//
// # The trust window
//
// A beat is first sent at s. The leader relies on it until s + Trust, and its work is gone
// by s + Trust + Grace. Another candidate can have seen the beat only after s. It waits a
// whole lease by its own clock from then, and its takeover fails if anything was written
// since. With clocks whose rates differ by r at most, and timers late by Slack at most,
//
//	(Trust + Grace + Slack) / (1 - r)  <=  Lease / (1 + r)
//
// keeps the two apart. It is checked at construction; see [heartbeat.Timing]. Neither a
// TTL nor another host's clock takes part.
//
// # Order at the end of a term
//
// The work's context ends, the work returns, the beats stop, leadership is released.
//
// A voluntary end is the end of the caller's context, a step-down, or work that returns.
// Beats go on until the work has returned, however long that takes.
//
// An involuntary end is a lost record or an expired trust. The work has a grace then, which
// ends before anybody else can take over. Work that outlives it is reported
// ([Config.OnOverrun]).
//
// # What ends the work's context
//
//	context.Cause           when                                     Lead returns
//	the caller's cause      the caller's context ended               the work's error; never nil after a deadline
//	ErrLost (in an Error)   the record names another, or is gone     the cause, joined with the work's error
//	ErrExpired              no beat was confirmed within the trust   the cause, joined with the work's error
//	ErrStepDown             somebody asked for it                    the cause, joined with the work's error
//	ErrWorkEnded            the work returned first                  the work's error
//
// # Goroutines and sharing
//
// Campaign and work run on the goroutine that called [Elector.Lead]. All electors of a
// [Conn] share some goroutines while one of them runs: one that beats, two at most that
// send beats and two that send other requests, one that keeps connections warm, two for the
// subscription, one that reports. Nothing returns before its goroutines are gone.
//
// # Notifications
//
// The script that makes a change also publishes it. Notifications make a handover fast and
// waiting cheap. They are never trusted alone: if all of them are lost, looks show the same
// a little later. A release notifies up to three candidates, those that have waited longest,
// instead of all of them. The first claims the record at once, the others in turn.
//
// The words are explained in docs/glossary.md.
package election
