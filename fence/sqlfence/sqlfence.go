package sqlfence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
	"example.com/incumbent/internal/terms"
)

// Do runs fn in a transaction that is fenced for resource by the term that ctx works in, and
// commits if fn returns nil. The transaction has the database's default level of isolation;
// for another use [Dialect.Raise]. The resource is a text of 1 to 512 bytes.
//
// Do blocks as long as the database does: a transaction of the same resource waits for the
// one before. It is safe for concurrent use. After the end of the term nothing is sent and
// nothing is committed; to write while the work drains, give the context of [election.Drain].
// A panic of fn goes on after a rollback.
//
// Errors: fence.ErrFenced with a [fence.Error], fence.ErrNoTerm, the cause of a ctx that had
// ended, election.ErrConfig for a wrong argument, that of fn, and those of the database as
// they are: repeat it on a serialization failure, a deadlock or a busy database. After an
// error of the commit the work may be done or not. If a table or a column is missing, the
// error shows the schema.
func (d Dialect) Do(ctx context.Context, db *sql.DB, resource string, fn func(ctx context.Context, tx *sql.Tx) error) error {
	switch {
	case db == nil:
		return fmt.Errorf("%w: sqlfence: the database is nil", election.ErrConfig)
	case fn == nil:
		return fmt.Errorf("%w: sqlfence: the function is nil", election.ErrConfig)
	}
	f, err := d.fenceFor(ctx, resource)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // it does nothing after Commit, and there is no use for its error
	if _, err := f.raise(ctx, tx); err != nil {
		return err
	}
	if err := fn(ctx, tx); err != nil {
		return err
	}
	if err := terms.Ended(ctx); err != nil {
		return err
	}
	return tx.Commit()
}

// Raise fences a transaction of your own, of any isolation level; call it first. If it
// fails, roll back. Errors are those of [Dialect.Do].
func (d Dialect) Raise(ctx context.Context, tx *sql.Tx, resource string) error {
	if tx == nil {
		return errNoTx
	}
	f, err := d.fenceFor(ctx, resource)
	if err != nil {
		return err
	}
	_, err = f.raise(ctx, tx)
	return err
}

// Once reports whether key is new, and records it with the transaction: do what the key
// stands for in the same one, and only if it is new. Use it with schedule.Tick.Key or an
// idempotency key, a text of 1 to 512 bytes. The same key counts once for all elections.
//
// A second transaction with the same key waits for the first. If that commits, the second
// finds the key done, or gets a serialization failure at isolation levels above READ
// COMMITTED; if it rolls back, the key is new. Once needs no term: outside of work it
// records the term 0. Errors are otherwise those of [Dialect.Do].
func (d Dialect) Once(ctx context.Context, tx *sql.Tx, key string) (first bool, err error) {
	s, err := d.statements()
	if err != nil {
		return false, err
	}
	if tx == nil {
		return false, errNoTx
	}
	if err := terms.CheckText("the key of Once", key); err != nil {
		return false, err
	}
	_, term, err := terms.From(ctx)
	if errors.Is(err, fence.ErrNoTerm) {
		err = terms.Ended(ctx)
	}
	if err != nil {
		return false, err
	}
	done, err := tx.ExecContext(ctx, s.once, key, int64(term))
	if err != nil {
		return false, d.explain(err)
	}
	rows, err := done.RowsAffected()
	return rows == 1, err
}

var errNoTx = fmt.Errorf("%w: sqlfence: the transaction is nil", election.ErrConfig)

// fenceFor is the fence of a resource for the term that ctx works in.
func (d Dialect) fenceFor(ctx context.Context, resource string) (*row, error) {
	s, err := d.statements()
	if err != nil {
		return nil, err
	}
	if err := terms.CheckText("the name of the resource", resource); err != nil {
		return nil, err
	}
	owner, term, err := terms.From(ctx)
	if err != nil {
		return nil, err
	}
	return &row{d, s, owner.StoreName(), resource, term}, nil
}
