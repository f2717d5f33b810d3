// Package space explores the protocol of locks whose names come and go, step by step and
// exhaustively within bounds, in search of two holders of one lock.
//
// As package model for elections, it is written from the protocol's text and shares no code with
// the packages that implement it. [Run] explores a [Variant] within a [Config]: the zero Variant
// is the protocol, which must hold, and [Broken] lists what the protocol must not be changed
// into. The command modelcheck prints both.
//
// # The state
//
// One hash with the epoch, sessions, one lock of one or two seats, and its queue, or nothing; up to
// three processes, each with a session that it makes, trusts, has lost or whose trust is over, and a
// call that wants the lock, works or releases; what was ever sent; answers and pushes under way.
//
// # The steps
//
// A process begins a call, sends beats, is answered, receives a push, gives up, ends its work,
// gives up its session, crashes. A judge reaps a session or opens the space. The server executes
// anything that was ever sent, in any order, as often as it likes: late packets, copies and
// retries are the same. It cleans up, or loses the hash. A tick passes. Nothing is ever forced to
// happen, but for one thing: when trust and grace have passed the work is over. A lost answer is one
// that is never received. Whether a probe finds a listener is free, too; so a waiter that is there may
// be passed over, and one that is not may be granted the lock.
//
// # Time
//
// As in package model: ages in ticks, clocks as far apart as they may be, and durations for which
// (T + G)/(1 - r) = L/(1 + r) holds exactly.
//
// # Judges
//
// Anybody may judge. So there is a judge who received each bytes when they were first in the hash, and
// has not looked since; every other is later, and does less. The state has the ages of the bytes in
// the hash, and no judge. A session in which its owner will never work again may be reaped at any time:
// all ghosts of such a session are one, which only an acquire brings back.
//
// # The invariants
//
//   - Never more works at one instant than the lock has seats. A work runs from the moment its owner
//     accepts the grant until it has returned, grace included.
//   - Of a lock with one seat, each work has a term above every earlier one, also after a loss.
//   - A published grant that a process believes is in the hash, unless that or the session is lost.
//   - A process never gives up a session that is still there as it knows it.
//   - From every state each process can get the lock within a bounded time if nothing goes wrong any
//     more: both if the others have died, and if they live, want nothing and keep their sessions.
//
// # What is abstracted
//
// The server's time is above every term granted before. Terms are numbered anew by their order. A
// crash and a wait of any length need no steps of the server. Where no process can work any more the
// search ends, unless Config.Ghosts is set. With Config.Leases the
// hash is lost only where everybody knows the lease that the epoch carries. Not modelled: bounds of the
// queue, results of Once, fields that strangers change, a server that goes back.
package space
