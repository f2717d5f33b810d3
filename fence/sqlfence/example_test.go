package sqlfence_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
	"example.com/incumbent/fence/sqlfence"
)

// lead leads an election for one term of this work, on servers in memory.
func lead(work func(ctx context.Context, db *sql.DB) error) {
	server, err := miniredis.Run()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer rdb.Close()
	db := open(nil, newTable())
	defer db.Close()
	e, err := election.New(rdb, election.Config{Name: "nightly", Bootstrap: election.BootstrapImmediate})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := e.Lead(context.Background(), func(ctx context.Context, _ election.Term) error { return work(ctx, db) }); err != nil {
		fmt.Println(err)
	}
}

// The work of a leader claims the resource before it reads, and writes in fenced transactions.
func ExampleDialect_Do() {
	lead(func(ctx context.Context, db *sql.DB) error {
		claim := func(context.Context, *sql.Tx) error { return nil }
		if err := sqlfence.PostgreSQL.Do(ctx, db, "reports", claim); err != nil {
			return err
		}
		err := sqlfence.PostgreSQL.Do(ctx, db, "reports", func(ctx context.Context, tx *sql.Tx) error {
			fmt.Println("write, with tx.ExecContext")
			return nil
		})
		if err != nil {
			return err
		}

		// A later leader was here.
		_, err = sqlfence.PostgreSQL.Store(db).Raise(ctx, "nightly", "reports", 1<<52)
		if err != nil {
			return err
		}
		err = sqlfence.PostgreSQL.Do(ctx, db, "reports", func(ctx context.Context, tx *sql.Tx) error {
			fmt.Println("not reached")
			return nil
		})
		fmt.Println("refused:", errors.Is(err, fence.ErrFenced))
		return nil
	})
	// Output:
	// write, with tx.ExecContext
	// refused: true
}

// A due time has its effect once, whoever leads and however often it is tried: what was done
// and that it was done are committed together.
func ExampleDialect_Once() {
	lead(func(ctx context.Context, db *sql.DB) error {
		const key = "nightly/report/2026-11-27T03:00:00Z" // of a schedule.Tick
		for range 2 {
			err := sqlfence.PostgreSQL.Do(ctx, db, "reports", func(ctx context.Context, tx *sql.Tx) error {
				first, err := sqlfence.PostgreSQL.Once(ctx, tx, key)
				if err != nil || !first {
					return err // done before
				}
				fmt.Println("book the report")
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	// Output: book the report
}

func ExampleDialect_Raise() {
	lead(func(ctx context.Context, db *sql.DB) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if err := sqlfence.MySQL.Raise(ctx, tx, "reports"); err != nil {
			return err // fence.ErrFenced: another leads
		}
		fmt.Println("write")
		return tx.Commit()
	})
	// Output: write
}
