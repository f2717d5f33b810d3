//go:build unix

package sqlfence_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/incumbent/fence"
	"example.com/incumbent/internal/redistest"
)

// A writer is a leader's process, which writes under its term.
type writer struct {
	*database

	db   *sql.DB
	term int64
}

// Where the old leader stands still in its transaction.
const (
	beforeBegin = iota
	beforeRaise
	afterRead
	afterRaise
	beforeCommit
	places
)

// write is a fenced transaction with one effect, which calls pause at that place.
func (w *writer) write(ctx context.Context, at int, pause func()) error {
	stop := func(here int) {
		if here == at {
			pause()
		}
	}
	ctx = leads(ctx, w.term)
	stop(beforeBegin)
	tx, err := w.begin(ctx, w.db)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	stop(beforeRaise)
	if at == afterRead { // which fixes the snapshot of some
		var n int64
		if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM effects").Scan(&n); err != nil {
			return err
		}
		stop(afterRead)
	}
	if err := w.dialect.Raise(ctx, tx, "reports"); err != nil {
		return err
	}
	stop(afterRaise)
	if err := effect(ctx, tx, w.term, "a write"); err != nil {
		return err
	}
	stop(beforeCommit)
	return tx.Commit()
}

// again repeats a write until the database takes it or the fence refuses it.
func (w *writer) again(ctx context.Context) (repeated int, err error) {
	for {
		err := w.write(ctx, -1, nil)
		if !retryable(err) {
			return repeated, err
		}
		repeated++
	}
}

// An old leader has written. It stands still somewhere between its next check and commit, and a
// new one writes. What the old one writes before the new one is in order. After that it writes
// nothing, whatever the level of isolation: it is refused, or the database makes it repeat the
// transaction, and then it is refused.
func anOldLeaderThatPausesWritesNothing(t *testing.T, d *database) {
	db := d.open(t)
	rounds := redistest.Either(2, 40)
	refused, repeated := 0, 0
	for i := range rounds * places {
		at := i % places
		if d.locks && (at == afterRead || at == beforeRaise) {
			continue // the new one would wait for the old one, as after Raise
		}
		old := &writer{d, db, int64(2*i + 1)}
		latest := &writer{d, db, int64(2*i + 2)}
		if _, err := old.again(t.Context()); err != nil { // so that its own snapshot may show its own term
			t.Errorf("the old leader leads alone: %v", err)
		}
		var done sync.WaitGroup
		err := old.write(t.Context(), at, func() {
			begun := make(chan struct{})
			done.Go(func() {
				close(begun)
				if _, err := latest.again(t.Context()); err != nil {
					t.Errorf("the new leader: %v", err)
				}
			})
			<-begun
			if at < afterRaise {
				done.Wait() // after Raise it waits for the old one
			}
		})
		done.Wait()
		switch {
		case at < afterRaise && err == nil:
			t.Errorf("place %d: a write after that of the new leader", at)
		case retryable(err):
			repeated++
		case err != nil && !errors.Is(err, fence.ErrFenced):
			t.Errorf("place %d: %v", at, err)
		}
		if _, err := old.again(t.Context()); !errors.Is(err, fence.ErrFenced) {
			t.Errorf("place %d, again: %v", at, err)
		}
		if errors.Is(err, fence.ErrFenced) {
			refused++
		}
	}
	terms, _ := effects(t, db)
	if stale := back(terms); stale != 0 || refused == 0 {
		t.Errorf("%d terms back, %d refused", stale, refused)
	}
	t.Logf("%d effects, %d refused, %d to be repeated", len(terms), refused, repeated)
}

// Six writers write all at once, each under a term that may be older than the others'.
func termsNeverGoBack(t *testing.T, d *database) {
	db := d.open(t)
	var all sync.WaitGroup
	var mu sync.Mutex
	var latest atomic.Int64
	refused, repeated := 0, 0
	for range 6 {
		w := &writer{d, db, 0}
		all.Go(func() {
			for range redistest.Either(10, 120) {
				w.term = max(1, latest.Add(1)-rand.Int64N(8))
				times, err := w.again(t.Context())
				mu.Lock()
				repeated += times
				switch {
				case errors.Is(err, fence.ErrFenced):
					refused++
				case err != nil:
					t.Error(err)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	terms, _ := effects(t, db)
	if stale := back(terms); stale != 0 || len(terms) == 0 || refused == 0 {
		t.Errorf("%d of %d terms back, %d refused", stale, len(terms), refused)
	}
	t.Logf("%d effects, %d refused, %d repeated", len(terms), refused, repeated)
}

// Do has the database's own level, and the store the same rows.
func doAndTheStore(t *testing.T, d *database) {
	db := d.open(t)
	store := d.dialect.Store(db)
	write := func(term int64) error {
		ctx := leads(t.Context(), term)
		return d.dialect.Do(ctx, db, "reports", func(ctx context.Context, tx *sql.Tx) error { return effect(ctx, tx, term, "a write") })
	}
	for _, step := range []struct {
		term    int64
		refused bool
	}{{5, false}, {5, false}, {4, true}, {7, false}, {6, true}, {7, false}} {
		if err := write(step.term); errors.Is(err, fence.ErrFenced) != step.refused || err != nil && !step.refused {
			t.Errorf("term %d: %v", step.term, err)
		}
	}
	var refused *fence.Error
	if highest, err := store.Raise(t.Context(), "nightly", "reports", 6); highest != 7 || !errors.As(err, &refused) || refused.Highest != 7 {
		t.Errorf("the store: %d, %v", highest, err)
	}
	if highest, err := store.Raise(t.Context(), "nightly", "reports", 1<<52); highest != 1<<52 || err != nil {
		t.Errorf("the store: %d, %v", highest, err)
	}
	if err := write(8); !errors.As(err, &refused) || refused.Highest != 1<<52 {
		t.Errorf("after the store: %v", err)
	}
	for i, resource := range []string{"Reports", "reports ", "repörts", fmt.Sprintf("%0512d", 0)} {
		if highest, err := store.Raise(t.Context(), "nightly", resource, 1); highest != 1 || err != nil {
			t.Errorf("resource %d is another: %d, %v", i, highest, err)
		}
	}
	if _, err := store.Raise(t.Context(), "hourly", "reports", 1); err != nil {
		t.Errorf("another election: %v", err)
	}
}
