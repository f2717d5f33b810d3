//go:build unix

package sqlfence_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"example.com/incumbent/fence/sqlfence"
	"example.com/incumbent/internal/redistest"
)

var errGivenUp = errors.New("given up")

// do is a transaction that has the effect of a key, if nobody has had it. Die is called at each
// step with its number, and may end it.
func do(ctx context.Context, d *database, db *sql.DB, fenced bool, key string, die func(step int) error) (first bool, err error) {
	tx, err := d.begin(ctx, db)
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	if fenced {
		if err := d.dialect.Raise(ctx, tx, "reports"); err != nil {
			return false, err
		}
	}
	if err := die(0); err != nil {
		return false, err
	}
	first, err = d.dialect.Once(ctx, tx, key)
	if err != nil {
		return false, err
	}
	if err := die(1); err != nil {
		return false, err
	}
	if first {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("INSERT INTO done_once (what) VALUES ('%s')", key)); err != nil {
			return false, err
		}
	}
	if err := die(2); err != nil {
		return false, err
	}
	if err := tx.Commit(); err != nil {
		return false, err
	}
	return first, die(3)
}

// steps are how many steps do has.
const steps = 4

// onces opens the database with a table for the effects of keys, which may have one twice.
func onces(t *testing.T, d *database) *sql.DB {
	db := d.open(t)
	run(t, db, "CREATE TABLE done_once (what varchar(100) NOT NULL)")
	return db
}

// had are the keys that had their effect, sorted.
func had(t *testing.T, db *sql.DB) (keys []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT what FROM done_once")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(keys)
	return keys
}

// Some processes have the effect of the same keys at once, and give some transactions up on
// the way. Each key has its effect once, and exactly one of them is told so; behind the fence
// and without it.
func onceHasOneEffect(t *testing.T, d *database) {
	db := onces(t, d)
	keys, want := redistest.Either(6, 60), []string(nil)
	var mu sync.Mutex
	firsts := map[string]int{}
	var all sync.WaitGroup
	for worker := range 3 {
		all.Go(func() {
			for n := range keys {
				key := fmt.Sprintf("nightly/report/%04d", n)
				given := (n + worker) % (2 * steps) // at which step it gives up once
				for {
					first, err := do(leads(t.Context(), 7), d, db, n%2 == 0, key, func(step int) error {
						if step == given && step != steps-1 {
							given = -1
							return errGivenUp
						}
						return nil
					})
					if retryable(err) || errors.Is(err, errGivenUp) {
						continue
					}
					if err != nil {
						t.Error(err)
					}
					if first {
						mu.Lock()
						firsts[key]++
						mu.Unlock()
					}
					break
				}
			}
		})
	}
	all.Wait()
	for n := range keys {
		want = append(want, fmt.Sprintf("nightly/report/%04d", n))
	}
	if got := had(t, db); !slices.Equal(got, want) {
		t.Errorf("effects of %q, want one of each of %d", got, keys)
	}
	for key, times := range firsts {
		if times != 1 {
			t.Errorf("%s was the first %d times", key, times)
		}
	}
	if len(firsts) != keys {
		t.Errorf("%d of %d keys had a first", len(firsts), keys)
	}
}

// Keys that differ in case, or in a space at the end, are two.
func onceTellsKeysApart(t *testing.T, d *database) {
	db := d.open(t)
	for _, key := range []string{"a", "A", "a ", "ä", "a/", strings.Repeat("k", 512)} {
		for i := range 2 {
			tx, err := d.begin(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			first, err := d.dialect.Once(t.Context(), tx, key)
			if first != (i == 0) || err != nil {
				t.Errorf("%.10q, time %d: first %v, %v", key, i, first, err)
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A process that dies at any step leaves its effect and its key, or neither. The next one has
// the effect if there is none.
func aCrashBetweenKeyAndEffect(t *testing.T, d *database) {
	db := onces(t, d)
	for step := range steps {
		key := fmt.Sprintf("nightly/report/%04d", step)
		process := dying(t, d, key, step)
		if out, err := process.CombinedOutput(); process.ProcessState.ExitCode() != childDied {
			t.Fatalf("step %d: %v\n%s", step, err, out)
		}
		var first bool
		for {
			var err error
			first, err = do(leads(t.Context(), int64(8+step)), d, db, true, key, func(int) error { return nil })
			if retryable(err) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		if first == (step == steps-1) {
			t.Errorf("step %d: the next one is first: %v", step, first)
		}
		if got := had(t, db); len(got) != step+1 || got[step] != key {
			t.Errorf("step %d: effects of %q", step, got)
		}
	}
}

// A child is this test's program as a process that dies in a transaction.
const (
	childVariable = "INCUMBENT_SQL_CHILD"
	childDied     = 42
)

func dying(t *testing.T, d *database, key string, step int) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+strings.Join([]string{
		strconv.Itoa(int(d.dialect)), d.driver, strconv.Itoa(int(d.level)), strconv.Itoa(step), key, d.dsn,
	}, "\n"))
	return cmd
}

// child has the effect of a key, and dies at a step: without a rollback, a close or a good-bye.
func child() int {
	args := strings.SplitN(os.Getenv(childVariable), "\n", 6)
	dialect, _ := strconv.Atoi(args[0]) // as dying wrote it
	level, _ := strconv.Atoi(args[2])
	at, _ := strconv.Atoi(args[3])
	d := &database{dialect: sqlfence.Dialect(dialect), driver: args[1], dsn: args[5], level: sql.IsolationLevel(level)}
	db, err := sql.Open(d.driver, d.dsn)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	for {
		_, err = do(leads(context.Background(), int64(7+at)), d, db, true, args[4], func(step int) error {
			if step == at {
				os.Exit(childDied)
			}
			return nil
		})
		if !retryable(err) {
			fmt.Println(err)
			return 1
		}
	}
}
