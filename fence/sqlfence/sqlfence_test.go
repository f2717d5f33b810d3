package sqlfence_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/fence"
	"example.com/incumbent/fence/sqlfence"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/terms"
	"example.com/incumbent/lock"
)

func TestMain(m *testing.M) {
	logging.Disable()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m)
}

var dialects = []sqlfence.Dialect{sqlfence.PostgreSQL, sqlfence.SQLite, sqlfence.MySQL}

// leads is the context of work of an election in that term.
func leads(ctx context.Context, name string, term int64) context.Context {
	return register.WithHolder(ctx, register.Holder{
		Place: register.NewPlace("incumbent:", name, 0), Grant: record.Grant{Term: term},
	})
}

func nothing(context.Context, *sql.Tx) error { return nil }

// A later term passes, and so does the same again. A lower one is refused from then on, and
// its function does not run.
func TestALowerTermIsRefused(t *testing.T) {
	for _, d := range dialects {
		for _, foundRows := range []bool{false, true} {
			table := newTable()
			table.foundRows = foundRows
			db := open(t, table)
			for _, step := range []struct {
				term   int64
				passes bool
			}{{5, true}, {5, true}, {7, true}, {7, true}, {6, false}, {5, false}, {7, true}, {1 << 52, true}, {8, false}} {
				ran := false
				err := d.Do(leads(t.Context(), "nightly", step.term), db, "reports", func(context.Context, *sql.Tx) error { ran = true; return nil })
				if ran != step.passes || (err == nil) != step.passes {
					t.Errorf("%v, found rows %v, term %d: ran %v, error %v", d, foundRows, step.term, ran, err)
				}
				var refused *fence.Error
				if !step.passes && (!errors.Is(err, fence.ErrFenced) || !errors.As(err, &refused) || refused.Term != election.Term(step.term) || refused.Highest <= refused.Term || refused.Resource != "reports") {
					t.Errorf("%v: term %d got %#v", d, step.term, err)
				}
			}
		}
	}
}

// Terms of two elections cannot be compared, nor those of an election and of a lock, nor those
// under two prefixes.
func TestEachOwnerHasRowsOfItsOwn(t *testing.T) {
	table := newTable()
	db := open(t, table)
	place := func(key, seat string, term int64) context.Context {
		return register.WithHolder(t.Context(), register.Holder{Place: register.Place{Key: key}, Seat: seat, Grant: record.Grant{Term: term}})
	}
	for i, ctx := range []context.Context{
		leads(t.Context(), "nightly", 90),
		leads(t.Context(), "hourly", 80),
		leads(t.Context(), "space:nightly", 70),
		place("staging:{nightly}", "", 60),
		place("incumbent:{nightly}:space", "orders/17", 50),
		place("staging:{nightly}:space", "orders/17", 40),
	} {
		if err := sqlfence.SQLite.Do(ctx, db, "reports", nothing); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	var names []string
	for at := range table.rows {
		names = append(names, at)
	}
	slices.Sort(names)
	want := []string{"hourly|reports", "incumbent:{space:nightly}|reports", "nightly|reports", "space:nightly|reports", "space:staging:{nightly}|reports", "staging:{nightly}|reports"}
	if !slices.Equal(names, want) {
		t.Errorf("rows are %q, want %q", names, want)
	}
}

// Inside of both, the innermost term counts, of a real election and a real lock.
func TestTheInnermostTermCounts(t *testing.T) {
	table := newTable()
	db := open(t, table)
	rdb := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	ctx, term := electiontest.Lead(t, rdb, "nightly")
	space, err := lock.Open(rdb, lock.Config{Name: "shop", Bootstrap: election.BootstrapImmediate})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { space.Close() })
	err = space.Do(ctx, "orders/17", func(ctx context.Context, token election.Term) error {
		if err := sqlfence.MySQL.Do(ctx, db, "orders", nothing); err != nil {
			return err
		}
		if got := table.rows["space:shop|orders"]; got != int64(token) {
			t.Errorf("the row of the space holds %d, want %d", got, token)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := sqlfence.MySQL.Do(ctx, db, "orders", nothing); err != nil || table.rows["nightly|orders"] != int64(term) {
		t.Errorf("error %v, rows %v, want the election's with %d", err, table.rows, term)
	}
}

// What is wrong is refused before anything is sent.
func TestWhatIsWrongIsRefusedAtOnce(t *testing.T) {
	table := newTable()
	db := open(t, table)
	good := leads(t.Context(), "nightly", 5)
	ended, end := context.WithCancelCause(good)
	reason := errors.New("the reason")
	end(reason)
	do := func(ctx context.Context, d sqlfence.Dialect, resource string) error {
		return d.Do(ctx, db, resource, nothing)
	}
	store := func(name, resource string, term election.Term) error {
		_, err := sqlfence.SQLite.Store(db).Raise(good, name, resource, term)
		return err
	}
	for name, test := range map[string]struct{ err, want error }{
		"no term":            {do(t.Context(), sqlfence.SQLite, "r"), fence.ErrNoTerm},
		"term 0":             {do(leads(t.Context(), "nightly", 0), sqlfence.SQLite, "r"), fence.ErrNoTerm},
		"ended":              {do(ended, sqlfence.SQLite, "r"), reason},
		"no dialect":         {do(good, 0, "r"), election.ErrConfig},
		"unknown dialect":    {do(good, 4, "r"), election.ErrConfig},
		"no resource":        {do(good, sqlfence.SQLite, ""), election.ErrConfig},
		"long resource":      {do(good, sqlfence.SQLite, strings.Repeat("x", 513)), election.ErrConfig},
		"zero byte":          {do(good, sqlfence.SQLite, "a\x00"), election.ErrConfig},
		"no UTF-8":           {do(good, sqlfence.SQLite, "a\xff"), election.ErrConfig},
		"no database":        {sqlfence.SQLite.Do(good, nil, "r", nothing), election.ErrConfig},
		"no function":        {sqlfence.SQLite.Do(good, db, "r", nil), election.ErrConfig},
		"no transaction":     {sqlfence.SQLite.Raise(good, nil, "r"), election.ErrConfig},
		"raise, no dialect":  {sqlfence.Dialect(0).Raise(good, new(sql.Tx), "r"), election.ErrConfig},
		"raise, ended":       {sqlfence.SQLite.Raise(ended, new(sql.Tx), "r"), reason},
		"raise, no term":     {sqlfence.SQLite.Raise(t.Context(), new(sql.Tx), "r"), fence.ErrNoTerm},
		"once, ended":        {once(ended, sqlfence.SQLite, new(sql.Tx), "k"), reason},
		"once, no key":       {once(good, sqlfence.SQLite, new(sql.Tx), ""), election.ErrConfig},
		"once, no dialect":   {once(good, 0, new(sql.Tx), "k"), election.ErrConfig},
		"once, nil":          {once(good, sqlfence.SQLite, nil, "k"), election.ErrConfig},
		"store, term 0":      {store("nightly", "r", 0), fence.ErrNoTerm},
		"store, negative":    {store("nightly", "r", -1), fence.ErrNoTerm},
		"store, too high":    {store("nightly", "r", terms.Max+1), election.ErrConfig},
		"store, no name":     {store("", "r", 1), election.ErrConfig},
		"store, no resource": {store("nightly", "", 1), election.ErrConfig},
	} {
		if !errors.Is(test.err, test.want) {
			t.Errorf("%s: %v, want %v", name, test.err, test.want)
		}
	}
	if _, err := sqlfence.SQLite.Store(nil).Raise(good, "nightly", "r", 1); !errors.Is(err, election.ErrConfig) {
		t.Error(err)
	}
	if sent := table.statements(); sent != "" {
		t.Errorf("it sent %s", sent)
	}
}

func once(ctx context.Context, d sqlfence.Dialect, tx *sql.Tx, key string) error {
	_, err := d.Once(ctx, tx, key)
	return err
}

// A term that ends while the function runs commits nothing, and the error is the cause: also
// in a context that has not learned of it.
func TestTheEndOfTheTermCommitsNothing(t *testing.T) {
	table := newTable()
	db := open(t, table)
	server := miniredis.RunT(t)
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	e, err := election.New(rdb, election.Config{Name: "nightly", Bootstrap: election.BootstrapImmediate})
	if err != nil {
		t.Fatal(err)
	}
	reason := errors.New("the reason")
	caller, stop := context.WithCancelCause(t.Context())
	err = e.Lead(caller, func(ctx context.Context, _ election.Term) error {
		work, drain := ctx, election.Drain(ctx)
		lasting := context.WithoutCancel(ctx) // ends later than the term
		write := func(ctx context.Context) error {
			return sqlfence.PostgreSQL.Do(ctx, db, "reports", func(context.Context, *sql.Tx) error {
				stop(reason)
				<-work.Done()
				return nil
			})
		}
		if err := write(lasting); err == nil {
			t.Error("it committed after the end of the term")
		}
		if err := write(drain); err != nil {
			t.Errorf("while it drains: %v", err)
		}
		return nil
	})
	if err != nil && !errors.Is(err, reason) {
		t.Fatal(err)
	}
	if sent := table.statements(); sent != "BEGIN INSERT ROLLBACK BEGIN INSERT COMMIT" {
		t.Errorf("it sent %s", sent)
	}
}

// An error or a panic of the function rolls back, and goes on as it is.
func TestAFailedFunctionRollsBack(t *testing.T) {
	table := newTable()
	db := open(t, table)
	ctx := leads(t.Context(), "nightly", 5)
	failure := errors.New("failure")
	if err := sqlfence.SQLite.Do(ctx, db, "reports", func(context.Context, *sql.Tx) error { return failure }); err != failure {
		t.Errorf("got %v", err)
	}
	func() {
		defer func() {
			if got := recover(); got != "panic" {
				t.Errorf("recovered %v", got)
			}
		}()
		_ = sqlfence.SQLite.Do(ctx, db, "reports", func(context.Context, *sql.Tx) error { panic("panic") })
	}()
	if sent := table.statements(); sent != "BEGIN INSERT ROLLBACK BEGIN INSERT ROLLBACK" || len(table.rows) != 0 {
		t.Errorf("it sent %s, rows %v", sent, table.rows)
	}
}

// The first transaction that commits a key has it; one that rolls back gives it up.
func TestOnceCountsWhatCommits(t *testing.T) {
	for _, d := range dialects {
		for _, foundRows := range []bool{false, true} {
			table := newTable()
			table.foundRows = foundRows
			db := open(t, table)
			for i, step := range []struct {
				ctx    context.Context
				commit bool
				first  bool
			}{
				{leads(t.Context(), "nightly", 5), false, true},
				{leads(t.Context(), "nightly", 6), true, true},
				{leads(t.Context(), "nightly", 7), true, false},
				{leads(t.Context(), "hourly", 1), true, false},
				{t.Context(), true, false},
			} {
				tx, err := db.Begin()
				if err != nil {
					t.Fatal(err)
				}
				first, err := d.Once(step.ctx, tx, "nightly/report/2026-11-27T03:00:00Z")
				if first != step.first || err != nil {
					t.Errorf("%v, step %d: %v, %v", d, i, first, err)
				}
				if again, err := d.Once(step.ctx, tx, "nightly/report/2026-11-27T03:00:00Z"); again || err != nil {
					t.Errorf("%v, step %d: twice in a transaction: %v, %v", d, i, again, err)
				}
				if step.commit {
					err = tx.Commit()
				} else {
					err = tx.Rollback()
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// The store keeps the rows that Raise keeps.
func TestTheStoreRaises(t *testing.T) {
	for _, d := range dialects {
		db := open(t, newTable())
		store := d.Store(db)
		for _, step := range []struct{ term, highest election.Term }{{5, 5}, {5, 5}, {4, 5}, {9, 9}, {8, 9}} {
			highest, err := store.Raise(t.Context(), "nightly", "reports", step.term)
			if highest != step.highest || errors.Is(err, fence.ErrFenced) != (step.term < step.highest) {
				t.Errorf("%v: term %d: %d, %v", d, step.term, highest, err)
			}
		}
		if err := d.Do(leads(t.Context(), "nightly", 8), db, "reports", nothing); !errors.Is(err, fence.ErrFenced) {
			t.Errorf("%v: %v", d, err)
		}
	}
}
