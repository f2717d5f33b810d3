package sqlfence_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/incumbent/election"
	"example.com/incumbent/fence/sqlfence"
)

// A coded error is one of PostgreSQL's drivers.
type codedError struct{ state, text string }

func (e *codedError) Error() string    { return e.text }
func (e *codedError) SQLState() string { return e.state }

// An error of a table that is missing shows the schema, one of another dialect says so, and
// every other is returned as it is. All of them are found by errors.As. The texts are those of
// the drivers; verification/sqlfence tries the databases.
func TestErrorsOfTheDatabase(t *testing.T) {
	ctx := leads(t.Context(), "nightly", 5)
	for _, test := range []struct {
		err  error
		says string // empty: as it is
	}{
		{&codedError{"42P01", `relation "incumbent_fences" does not exist`}, "CREATE TABLE"},
		{&codedError{"42703", `column "term" of relation "incumbent_fences" does not exist`}, "CREATE TABLE"},
		{&codedError{"42P10", "there is no unique constraint"}, "CREATE TABLE"},
		{errors.New("SQL logic error: no such table: incumbent_fences (1)"), "CREATE TABLE"},
		{errors.New("table incumbent_fences has no column named term"), "CREATE TABLE"},
		{errors.New("no such column: incumbent_fences.term"), "CREATE TABLE"},
		{errors.New("ON CONFLICT clause does not match any PRIMARY KEY or UNIQUE constraint"), "CREATE TABLE"},
		{errors.New("Error 1146 (42S02): Table 'app.incumbent_fences' doesn't exist"), "CREATE TABLE"},
		{errors.New("Error 1054 (42S22): Unknown column 'term' in 'field list'"), "CREATE TABLE"},
		{errors.New("Error 1364 (HY000): Field 'x' doesn't have a default value"), "CREATE TABLE"},
		{&codedError{"42601", `syntax error at or near ","`}, "dialect"},
		{errors.New("Error 1064 (42000): You have an error in your SQL syntax"), "dialect"},
		{errors.New("mssql: Incorrect syntax near '$'"), "dialect"},
		{errors.New("sql: expected 0 arguments, got 3"), "dialect"},
		{errors.New(`missing named argument "1"`), "dialect"},
		{&codedError{"40001", "could not serialize access: no such table in the text"}, ""},
		{&codedError{"42501", "permission denied for table incumbent_fences"}, ""},
		{errors.New("database is locked (5) (SQLITE_BUSY)"), ""},
		{errors.New("Error 1213 (40001): Deadlock found when trying to get lock; try restarting transaction"), ""},
	} {
		table := newTable()
		table.fails["INSERT"] = test.err
		db := open(t, table)
		_, fromStore := sqlfence.PostgreSQL.Store(db).Raise(ctx, "nightly", "reports", 5)
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		fromOnce := once(ctx, sqlfence.PostgreSQL, tx, "key")
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{sqlfence.PostgreSQL.Do(ctx, db, "reports", nothing), fromStore, fromOnce} {
			switch {
			case test.says == "" && err != test.err:
				t.Errorf("%v became %v", test.err, err)
			case test.says != "" && (!errors.Is(err, test.err) || !errors.Is(err, election.ErrConfig) || !strings.Contains(err.Error(), test.says)):
				t.Errorf("%v became %v, want %q in it", test.err, err, test.says)
			}
		}
	}
}

// Errors of other steps come as they are.
func TestErrorsAroundTheStatements(t *testing.T) {
	ctx := leads(t.Context(), "nightly", 5)
	failure := &codedError{"40001", "could not serialize access"}
	for word, sent := range map[string]string{
		"BEGIN": "BEGIN", "COMMIT": "BEGIN INSERT SELECT COMMIT", "SELECT": "BEGIN INSERT SELECT ROLLBACK",
	} {
		table := newTable()
		table.fails[word] = failure
		err := sqlfence.MySQL.Do(ctx, open(t, table), "reports", nothing)
		var coded *codedError
		if !errors.As(err, &coded) || err != error(failure) || table.statements() != sent {
			t.Errorf("%s: %v, sent %s", word, err, table.statements())
		}
	}
}

// The schema has both tables, and statements that can be sent one by one.
func TestSchema(t *testing.T) {
	for _, d := range dialects {
		parts := strings.Split(strings.TrimSpace(d.Schema()), "\n\n")
		if len(parts) != 2 || !strings.Contains(parts[0], "incumbent_fences") || !strings.Contains(parts[1], "incumbent_done") {
			t.Errorf("%v: %q", d, parts)
		}
		for _, p := range parts {
			if !strings.HasPrefix(p, "CREATE TABLE IF NOT EXISTS ") || !strings.HasSuffix(p, ";") {
				t.Errorf("%v: %q", d, p)
			}
		}
	}
	if got := sqlfence.Dialect(9).String(); got != "Dialect(9)" {
		t.Error(got)
	}
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, election.ErrConfig) {
			t.Errorf("an unknown dialect has a schema: %v", err)
		}
	}()
	_ = sqlfence.Dialect(0).Schema()
}
