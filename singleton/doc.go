// Package singleton runs work on one of many processes, term after term,
// for as long as the process lives.
//
//	err := singleton.Run(ctx, rdb, "consumer", func(ctx context.Context, term election.Term) error {
//		return consume(ctx, term) // returns when ctx ends, and not before
//	})
//
// [Run] is the whole of it for one election with the defaults. [Keep] does the
// same with an elector and a [Policy] of one's own. [Hooks] suits services that
// are started and stopped. [Every] repeats a task; it runs the task once more after
// each handover, and loses the runs that fall due while nobody leads.
//
// # What is not guaranteed
//
// A process that is paused between looking at its context and acting can act
// after its term, with this as with any lock service. Hand the term to what the
// work writes to, and have that refuse an older one; see docs/fencing.md.
//
// # What work must do
//
// Run until its context ends, and return soon after that, within the grace of its
// election (a fifth of the lease). Work that cannot be stopped in time is reported
// as an overrun; [ExitOnOverrun] ends the process instead.
//
// Every call in it that blocks must obey the context. Many do not by default:
//
//   - the work's own go-redis client: set ContextTimeoutEnabled, and give BLPOP and
//     the like a time-out below the grace, in a loop;
//   - database/sql: use QueryContext and ExecContext;
//   - os/exec: use CommandContext;
//   - channels: select with ctx.Done().
//
// docs/operations.md has more under the same title.
package singleton
