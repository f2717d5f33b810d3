// Package election elects one of many candidates through Redis and runs the
// leader's work for one term: one call of [Elector.Lead] is one term.
//
//	e, err := election.New(rdb, election.Config{Name: "nightly"})
//	…
//	err = e.Lead(ctx, func(ctx context.Context, term election.Term) error {
//		return report(ctx, term) // ends when ctx does
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
// it has seen. The assumptions: clocks run at the same rate within 5 %, timers
// are not later than a fiftieth of the lease, Redis undoes no write that it
// acknowledged (a failover to a lagging replica does), and no candidate starts
// with a shorter lease than the leader's in the outage in which Redis loses its
// memory. See docs/guarantees.md for what happens when one of them breaks.
//
// # Overview
//
// An election is one permanent key in Redis, used as a compare-and-set register. Its
// value is the record. It names the term, its leader and a beat; a nonce makes all
// bytes ever written unique. Every write is the same operation: replace exactly these
// bytes by those.
//
//	           grant                      caller, loss, expiry, step-down
//	campaign ─────────► lead: work, beats ─────────────► drain: beats go on ─────► release
//	   ▲                                                 until the work ended         │
//	   └──────────────────────────── next call of Lead ───────────────────────────────┘
//
// A candidate looks at the record. If the record is vacant, the candidate claims it at
// once. If somebody leads by it, the candidate waits until the value has not changed for
// the record's lease, and then replaces exactly that value. If there is no record, the
// candidate quarantines the election first: Redis may have lost the record of a leader
// that still works.
//
// # Who is authoritative for what
//
//   - The register protects the record: a write succeeds only on the bytes that its
//     author has seen, so a request that is late, doubled or retried changes nothing.
//   - The leader's own clock protects the work: its context ends when no beat was
//     confirmed within the trust, whatever a client's call does meanwhile.
//   - The term protects the resource: it rises in the same step that changes the
//     leader, and is never reused, even if Redis loses everything.
//
// # The trust window
//
// Let a beat be first sent at s. The leader trusts it until s + Trust, and the
// work is gone by s + Trust + Grace. Others can have seen it only after s, wait a
// whole lease of their own clocks from then, and fail if anything was written
// since. With clocks whose rates differ by r at most, and timers late by Slack,
//
//	(Trust + Grace + Slack) / (1 - r)  <=  Lease / (1 + r)
//
// keeps the two apart. It is checked at construction; see [heartbeat.Timing].
// Neither a TTL nor another host's clock takes part.
//
// # Order at the end of a term
//
// The work's context ends, the work returns, the beats stop, leadership is released.
// After a voluntary end the beats go on until the work has returned, however long that
// takes. After an involuntary one the work has a grace that ends before anybody else
// can take over. Work that outlives it is reported ([Config.OnOverrun]).
//
// # What ends the work's context
//
//	context.Cause           when                                     Lead returns
//	the caller's cause      ctx ended                                nil, or the work's error
//	ErrLost (in an Error)   the record names another, or is gone     the cause, joined with the work's error
//	ErrExpired              no beat was confirmed within the trust   the cause, joined with the work's error
//	ErrStepDown             somebody asked for it                    the cause, joined with the work's error
//	ErrWorkEnded            the work returned first                  the work's error
//
// # Goroutines and sharing
//
// Work and campaign run on the caller's goroutine. All electors of a [Conn] share some
// goroutines while at least one of them runs: one that beats, up to two that send beats
// and two that send other requests, one that keeps connections warm, two for the
// subscription, one that reports. Nothing returns before its goroutines are gone.
//
// # Notifications
//
// The script that makes a change also publishes it. A notification makes a handover
// fast and waiting cheap, but it is never trusted alone: if all of them are lost,
// looking gives the same answers a little later. A release notifies up to three
// candidates, longest-waiting first, instead of all of them: the first tries at once,
// the others in turn.
package election
