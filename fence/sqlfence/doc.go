// Package sqlfence makes SQL transactions of a former leader fail. Beside this module
// it imports only database/sql.
//
//	err := sqlfence.PostgreSQL.Do(ctx, db, "reports", func(ctx context.Context, tx *sql.Tx) error {
//		_, err := tx.ExecContext(ctx, "UPDATE reports SET …")
//		return err
//	})
//	if errors.Is(err, fence.ErrFenced) {
//		return err // another leads: the work ends
//	}
//
// A term is compared with the highest that the resource has seen, in the same
// transaction as the work. Both tables are in [Dialect.Schema].
//
// The term is the innermost that the context works in: of an election, of a lock, or of a
// request that httpfence.Middleware let pass. Each election and each space of locks has rows
// of its own, since their terms cannot be compared. So two elections that name the same
// resource do not fence each other, and an election that gets another name or prefix begins
// anew. An election on another Redis must not use the same name in the same database.
//
// An older term is refused from the first [Dialect.Raise] of a later one on. So the new
// leader claims before it reads: a Do whose function does nothing is enough.
package sqlfence
