//go:build unix

package sqlfence_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // driver pgx
	"github.com/lib/pq"
	"modernc.org/sqlite"

	"example.com/incumbent/fence/sqlfence"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/register"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	if os.Getenv(childVariable) != "" {
		os.Exit(child())
	}
	os.Exit(m.Run())
}

// A database is one of a server's, with a driver and a level of isolation.
type database struct {
	dialect sqlfence.Dialect
	driver  string
	dsn     string
	level   sql.IsolationLevel
	// locks says that a transaction which has read keeps others from committing.
	locks bool
}

// stories are what is tried on each database.
var stories = []struct {
	name string
	test func(t *testing.T, d *database)
}{
	{"an old leader that pauses writes nothing", anOldLeaderThatPausesWritesNothing},
	{"terms never go back", termsNeverGoBack},
	{"Do and the store", doAndTheStore},
	{"Once has one effect", onceHasOneEffect},
	{"Once tells keys apart", onceTellsKeysApart},
	{"a crash between key and effect", aCrashBetweenKeyAndEffect},
	{"a missing table shows the schema", aMissingTableShowsTheSchema},
	{"another dialect", anotherDialect},
	{"a request that is held back", aRequestThatIsHeldBack},
}

// levels are all that servers know.
var levels = []sql.IsolationLevel{sql.LevelReadUncommitted, sql.LevelReadCommitted, sql.LevelRepeatableRead, sql.LevelSerializable}

func TestOnSQLite(t *testing.T) {
	for _, s := range stories {
		for name, options := range map[string]string{
			"WAL":                 "_pragma=journal_mode(wal)",
			"WAL, immediate":      "_pragma=journal_mode(wal)&_txlock=immediate",
			"rollback":            "_pragma=journal_mode(delete)",
			"rollback, exclusive": "_pragma=journal_mode(delete)&_txlock=exclusive",
		} {
			t.Run(s.name+", "+name, func(t *testing.T) {
				t.Parallel()
				s.test(t, newSQLite(t, options, name != "WAL"))
			})
		}
	}
}

func TestOnPostgreSQL(t *testing.T) {
	redistest.Long(t)
	address := startPostgreSQL(t)
	for _, s := range stories {
		for _, level := range levels {
			for _, driver := range []string{"pgx", "postgres"} {
				t.Run(s.name+", "+level.String()+", "+driver, func(t *testing.T) {
					dsn := create(t, "pgx", address, func(name string) string { return strings.Replace(address, "/postgres?", "/"+name+"?", 1) })
					s.test(t, &database{dialect: sqlfence.PostgreSQL, driver: driver, dsn: dsn, level: level})
				})
			}
		}
	}
}

func TestOnMariaDB(t *testing.T) {
	redistest.Long(t)
	address := startMariaDB(t)
	for _, s := range stories {
		for _, level := range levels {
			for _, flag := range []string{"true", "false"} { // it changes how rows are counted
				t.Run(s.name+", "+level.String()+", clientFoundRows "+flag, func(t *testing.T) {
					dsn := create(t, "mysql", address, func(name string) string { return address + name + "?clientFoundRows=" + flag })
					s.test(t, &database{dialect: sqlfence.MySQL, driver: "mysql", dsn: dsn, level: level, locks: level == sql.LevelSerializable})
				})
			}
		}
	}
}

func newSQLite(t *testing.T, options string, locks bool) *database {
	path := filepath.Join(t.TempDir(), "app.db")
	return &database{
		dialect: sqlfence.SQLite, driver: "sqlite", locks: locks,
		dsn: "file:" + path + "?_pragma=busy_timeout(20000)&_pragma=synchronous(off)&" + options,
	}
}

// create makes a database on a server, and returns its address.
func create(t *testing.T, driver, address string, in func(name string) string) string {
	t.Helper()
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	name := "app" + strings.ToLower(rand.Text())
	run(t, db, "CREATE DATABASE "+name)
	return in(name)
}

// bare opens the database without our tables.
func (d *database) bare(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open(d.driver, d.dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// open opens the database, with our tables and that of the effects: n is the order of the
// commits, since each transaction that may write reads the highest one.
func (d *database) open(t *testing.T) *sql.DB {
	t.Helper()
	db := d.bare(t)
	for range 2 { // the second time nothing happens
		for _, statement := range strings.Split(strings.TrimSpace(d.dialect.Schema()), "\n\n") {
			run(t, db, statement)
		}
	}
	run(t, db, "CREATE TABLE effects (n bigint NOT NULL PRIMARY KEY, term bigint NOT NULL, what varchar(100) NOT NULL)")
	return db
}

func run(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// begin begins a transaction at the level of the test.
func (d *database) begin(ctx context.Context, db *sql.DB) (*sql.Tx, error) {
	return db.BeginTx(ctx, &sql.TxOptions{Isolation: d.level})
}

// effect writes the next effect.
func effect(ctx context.Context, tx *sql.Tx, term int64, what string) error {
	var n int64
	if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(n), 0) FROM effects").Scan(&n); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf("INSERT INTO effects (n, term, what) VALUES (%d, %d, '%s')", n+1, term, what))
	return err
}

// effects are what was committed, in that order.
func effects(t *testing.T, db *sql.DB) (terms []int64, whats []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT term, what FROM effects ORDER BY n")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var term int64
		var what string
		if err := rows.Scan(&term, &what); err != nil {
			t.Fatal(err)
		}
		terms, whats = append(terms, term), append(whats, what)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return terms, whats
}

// back is how many terms are lower than one before.
func back(terms []int64) (stale int) {
	var highest int64
	for _, term := range terms {
		if term < highest {
			stale++
		}
		highest = max(highest, term)
	}
	return stale
}

// leads is the context of work of an election in that term.
func leads(ctx context.Context, term int64) context.Context {
	return register.WithHolder(ctx, register.Holder{
		Place: register.NewPlace("incumbent:", "nightly", 0), Grant: record.Grant{Term: term},
	})
}

// retryable reports whether the database asks for the transaction to be repeated, by its
// driver's type.
func retryable(err error) bool {
	var viaPgx *pgconn.PgError
	var viaPq *pq.Error
	var viaMySQL *mysql.MySQLError
	var viaSQLite *sqlite.Error
	switch {
	case errors.As(err, &viaPgx):
		return viaPgx.Code == "40001" || viaPgx.Code == "40P01"
	case errors.As(err, &viaPq):
		return viaPq.Code == "40001" || viaPq.Code == "40P01"
	case errors.As(err, &viaMySQL):
		return viaMySQL.Number == 1213 || viaMySQL.Number == 1020
	case errors.As(err, &viaSQLite):
		return viaSQLite.Code()&0xff == 5
	}
	return false
}
