package sqlfence

import (
	"errors"
	"fmt"
	"strings"

	"example.com/incumbent/election"
)

// What databases say of a table that is missing or another, and of a text that is not in
// their dialect. Drivers have types of their own for it; what they have in common is the
// SQLSTATE, of some, and the words of the server.
var (
	otherTable = symptoms{
		// PostgreSQL: no such table, no such column, no unique index for ON CONFLICT.
		states: []string{"42P01", "42703", "42P10"},
		words: []string{
			"no such table", "has no column named", "no such column", "does not match any PRIMARY KEY", // SQLite
			"doesn't exist", "Unknown column", "doesn't have a default value", "1146 (42S02)", "1054 (42S22)", // MySQL
		},
	}
	otherDialect = symptoms{
		states: []string{"42601"},
		words: []string{
			"syntax", "1064 (42000)", "missing argument", "missing named argument",
			"sql: expected ", // by database/sql, of another number of placeholders
		},
	}
)

// symptoms are how an error is recognised.
type symptoms struct{ states, words []string }

// of reports whether err is one of those.
func (s symptoms) of(err error) bool {
	var coded interface{ SQLState() string }
	if errors.As(err, &coded) {
		for _, state := range s.states {
			if coded.SQLState() == state {
				return true
			}
		}
		return false
	}
	for _, words := range s.words {
		if strings.Contains(err.Error(), words) {
			return true
		}
	}
	return false
}

// explain says what to do about an error of one of our own statements. Everything else is
// returned as it is.
func (d Dialect) explain(err error) error {
	switch {
	case otherTable.of(err):
		return fmt.Errorf("%w: sqlfence: a table is missing or has other columns: make it with\n\n%s\n%w", election.ErrConfig, d.Schema(), err)
	case otherDialect.of(err):
		return fmt.Errorf("%w: sqlfence: the database does not understand %v: use the dialect of its driver, PostgreSQL, SQLite or MySQL; there is none for others: %w", election.ErrConfig, d, err)
	}
	return err
}
