//go:build unix

package sqlfence_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/lib/pq"
	"modernc.org/sqlite"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
	"example.com/incumbent/fence/sqlfence"
)

// ofDriver reports whether an error is of a driver's own type.
func ofDriver(err error) bool {
	var viaPgx *pgconn.PgError
	var viaPq *pq.Error
	var viaMySQL *mysql.MySQLError
	var viaSQLite *sqlite.Error
	return errors.As(err, &viaPgx) || errors.As(err, &viaPq) || errors.As(err, &viaMySQL) || errors.As(err, &viaSQLite)
}

// each calls everything of a dialect that sends a statement of its own.
func each(t *testing.T, dialect sqlfence.Dialect, db *sql.DB) map[string]error {
	t.Helper()
	ctx := leads(t.Context(), 5)
	_, store := dialect.Store(db).Raise(ctx, "nightly", "reports", 5)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	_, once := dialect.Once(ctx, tx, "key")
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	do := dialect.Do(ctx, db, "reports", func(context.Context, *sql.Tx) error { return nil })
	return map[string]error{"Do": do, "Store": store, "Once": once}
}

// A table or a column that is missing is an error with the schema in it, which still is that of
// the driver.
func aMissingTableShowsTheSchema(t *testing.T, d *database) {
	db := d.bare(t)
	for _, tables := range [][2]string{
		{"", ""},
		{"CREATE TABLE incumbent_fences (resource varchar(20))", "CREATE TABLE incumbent_done (id varchar(20))"},
		{"CREATE TABLE incumbent_fences (name varchar(20), resource varchar(20), term bigint, more int NOT NULL)", "CREATE TABLE incumbent_done (term bigint)"},
	} {
		for _, statement := range tables {
			if statement != "" {
				run(t, db, statement)
			}
		}
		for name, err := range each(t, d.dialect, db) {
			if !errors.Is(err, election.ErrConfig) || !strings.Contains(err.Error(), d.dialect.Schema()) || !ofDriver(err) || errors.Is(err, fence.ErrFenced) {
				t.Errorf("%s with %q: %v", name, tables, err)
			}
		}
		if tables[0] != "" {
			run(t, db, "DROP TABLE incumbent_fences")
			run(t, db, "DROP TABLE incumbent_done")
		}
	}
}

// The statements of one dialect on another's database are an error that says so.
func anotherDialect(t *testing.T, d *database) {
	db := d.open(t)
	for _, other := range []sqlfence.Dialect{sqlfence.PostgreSQL, sqlfence.SQLite, sqlfence.MySQL} {
		if other == d.dialect || d.dialect == sqlfence.SQLite && other == sqlfence.PostgreSQL {
			continue // SQLite understands $1, too
		}
		for name, err := range each(t, other, db) {
			if !errors.Is(err, election.ErrConfig) || !strings.Contains(err.Error(), "does not understand "+other.String()) {
				t.Errorf("%v, %s: %v", other, name, err)
			}
		}
	}
}

// What the database refuses for the sake of isolation comes as it is.
func TestFailuresToBeRepeatedComeAsTheyAre(t *testing.T) {
	d := newSQLite(t, "_pragma=journal_mode(wal)", false)
	db := d.open(t)
	ctx := leads(t.Context(), 5)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	var n int
	if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM effects").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if err := d.dialect.Do(leads(t.Context(), 6), db, "reports", func(context.Context, *sql.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	err = d.dialect.Raise(ctx, tx, "reports")
	if _, direct := err.(*sqlite.Error); !direct || !retryable(err) {
		t.Errorf("got %T: %v", err, err)
	}
}
