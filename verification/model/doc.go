// Package model explores the election protocol, step by step and exhaustively
// within bounds, in search of two leaders.
//
// It is written from the protocol's text and shares no code with the packages
// that implement it: an error would have to be made twice. [Run] explores a
// [Variant] within a [Config]: the zero Variant is the protocol, which must hold,
// and [Broken] lists what the protocol must not be changed into, each with the
// shortest way to what it breaks. The command modelcheck prints both.
//
// # The state
//
// One register with a record or nothing; up to three processes, each watching,
// asking for a grant, working, draining, expired, told of its loss, releasing or
// settling, with what it remembers; the requests in flight; answers and pushes
// under way; and, where asked for, a resource that refuses lower terms. A record
// is status, term, beat, holder, nonce, lease and pause.
//
// # The steps
//
// A process looks, quarantines, lengthens, sends a grant, a beat or a release, is
// answered, ends its work of its own will or at once, gives up, crashes. The
// server executes one of the requests in flight, is asked by somebody for a
// step-down, or loses its memory. A tick of time passes. Nothing is ever forced
// to happen, but for one thing: when trust and grace have passed the work is over.
//
// So a request may be executed at any later time, or never; and since it stays
// in flight when it was executed, repeatedly, as a duplicate or a retry of the
// same bytes would be. What it may not is in [Quarantine]. Every answer shows the
// register as it was at some moment after the request left; whether it answers a
// look, or says applied, already applied or mismatch, makes no difference to those
// who judge the record in it. A lost answer is one that is never received.
//
// # Time
//
// Time is counted in ticks and only as ages: since a record was received, since
// bytes were first sent. An age stops counting where nothing depends on it any
// more, so that time goes on for ever in finitely many states. Clocks drift: a
// judge's is as fast and a leader's as slow as they may be. The durations are
// chosen so that (T + G)/(1 - r) = L/(1 + r) holds exactly; better clocks only
// remove behaviour, since judges may be late and work may end early anyway. eps
// has no place of its own: what is late by less than a tick is not late.
//
// # Numbers
//
// The model's code is written for numbers of any size. A search takes bytes, which keep
// states small. To follow a run of the simulation, with its terms, beats and durations, the
// same code takes 64 bits.
//
// # The invariants
//
//   - Two scopes of work never overlap. A scope is open from the moment its owner
//     accepts the grant until the work has ended, grace included.
//   - Each grant has a term above every earlier one, in the order of the server;
//     so each term has one holder.
//   - The fenced resource never takes a write of an older grant after one of a
//     newer, however late writes arrive.
//   - A record becomes vacant only when the work of its owner has ended.
//   - A request never changes a record that it does not expect.
//   - A leader never gives up a record that is still its own.
//   - A pause without an end stays in the record until somebody ends it, or memory is lost.
//   - No work begins while its record says that the election is paused.
//   - From every state each process by itself, the others having died, can lead
//     again within a bounded time, if packets arrive and it does its best: what
//     was left behind is in the way of nobody for ever.
//
// # Former records
//
// With Config.Former a process that sees a held record of its own former term sends
// its release, if no answer since it began to give that term up has shown it anything
// else. A grant that a process no longer wants, and could not resolve, is a former term,
// too: it gives up settling at any time. Without a server that goes back the condition is
// not needed: the variant former-anyway-forward holds without it. It is for a server that goes back although
// assumption A1 excludes that.
//
// Going back as such breaks the protocol in many ways, so Config.Reverts asks only
// about former records. The server goes back to a held record whose leader was shown
// the end of its term, or has died. What was under way is lost, and who waits begins
// anew. The variant back-unseen also goes back where the leader was not shown the end,
// since the answer was lost. Then two lead: that part of the hole is open.
//
// # Pauses
//
// With Config.Pauses somebody pauses an election, changes its pause or ends it, in each
// state of the record in which the protocol allows that. A pause lasts, or has a time that
// may have come at any moment: then a grant may leave it out, and a beat of the leader may
// take it out. Who leads meanwhile does everything that leaders do, but for its work.
//
// A leader's beats have even numbers, and no number twice. What anybody else writes over a
// held record has an odd one. So what a leader takes for its own was never in the register
// before it was first sent. Several variants break that, and two lead.
//
// That a candidate puts back the pause that it knows of after a loss of memory is not
// modelled: it only keeps work from beginning. Nor is a server that goes back while somebody
// pauses, but for what is said of former records: assumption A1 excludes it.
//
// # What is abstracted
//
// The server's time, on which terms are based, is above every term granted
// before; only then do terms rise across a loss of memory. A nonce is any number
// that nothing in the state refers to. Processes with equal leases are
// interchangeable. A packet is dropped once the bytes that it expects can never
// be in the register again, and an idle process forgets such bytes; bytes that
// are watched are kept where pushes are compared with them. Config.Dead and
// Config.Stale switch that off. A step-down and a lengthening take effect where
// they are decided: a late one would expect bytes that are gone.
//
// An orderly handover needs no step of its own. A vacancy that only some are told
// of is a push that the others don't hear; an heir that waits for its turn, has
// died or is stalled is a process that is slow, or crashes; a list that is wrong
// changes who hears. Any process may hear any push that is under way, at any time,
// once or repeatedly, or never, and grant from a vacancy that it heard of without
// a look: that includes whatever a roster may say. (The variant hasty-push shows
// what must not follow from a push: a term.)
//
// Not modelled: cool-downs and back-offs (a process may always be slow); other contents of the key (nothing is
// ever written over them); work that does not end within its grace, a server that
// undoes an acknowledged write (but for what is said above), and a lease that changes in the outage in which
// memory is lost (assumed not to happen). Three known mutants are invisible here,
// since they are mistakes of a program rather than of the protocol: callbacks
// that do not come in pairs, a trust timer that ends with the call that set it,
// and "already applied" decided by a prefix of the bytes.
//
// # Bounds
//
// A Config bounds the number of processes, grants, beats a grant, and of each
// kind of fault. Within the bounds the search is exhaustive, or its Report says
// what it left out.
package model
