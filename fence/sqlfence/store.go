package sqlfence

import (
	"context"
	"database/sql"
	"fmt"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
	"example.com/incumbent/internal/terms"
)

// A querier is a transaction or a database.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// A row is that of a resource, and the term to raise it to.
type row struct {
	dialect        Dialect
	statements     *statements
	name, resource string
	term           election.Term
}

// raise raises the row, and returns what it holds then.
func (r *row) raise(ctx context.Context, q querier) (highest election.Term, err error) {
	args := []any{r.name, r.resource, int64(r.term)}
	if !r.statements.counts {
		args = append(args, int64(r.term))
	}
	raised, err := q.ExecContext(ctx, r.statements.raise, args...)
	if err != nil {
		return 0, r.dialect.explain(err)
	}
	if r.statements.counts {
		rows, err := raised.RowsAffected()
		if err != nil {
			return 0, err
		}
		if rows > 0 {
			return r.term, nil
		}
	}
	if err := q.QueryRowContext(ctx, r.statements.seen, r.name, r.resource).Scan(&highest); err != nil {
		return 0, r.dialect.explain(err)
	}
	if r.statements.counts || highest != r.term {
		return highest, &fence.Error{Resource: r.resource, Term: r.term, Highest: highest}
	}
	return highest, nil
}

// Store returns the highest terms in db, for httpfence.Config: table incumbent_fences.
func (d Dialect) Store(db *sql.DB) *Store { return &Store{d, db} }

// A Store is the table of highest terms. It is safe for concurrent use.
type Store struct {
	dialect Dialect
	db      *sql.DB
}

// Raise records a term for a resource of an election and returns the highest; a lower one is
// a fence.Error. The name is that of the election; of a space of locks it is "space:" and its
// name. It blocks as long as the database does. Errors are otherwise those of [Dialect.Do].
func (s *Store) Raise(ctx context.Context, name, resource string, term election.Term) (highest election.Term, err error) {
	texts, err := s.dialect.statements()
	switch {
	case err != nil:
		return 0, err
	case s.db == nil:
		return 0, fmt.Errorf("%w: sqlfence: the database of the store is nil", election.ErrConfig)
	}
	if err := terms.CheckText("the name of the election", name); err != nil {
		return 0, err
	}
	if err := terms.CheckText("the name of the resource", resource); err != nil {
		return 0, err
	}
	if err := terms.CheckTerm(term); err != nil {
		return 0, err
	}
	r := &row{s.dialect, texts, name, resource, term}
	return r.raise(ctx, s.db)
}
