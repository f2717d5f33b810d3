package sqlfence_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"maps"
	"strings"
	"sync"
	"testing"
)

// A table is a database in memory that knows the statements of package sqlfence, in each
// dialect. Its transactions run one after the other. Real databases are tried in
// verification/sqlfence.
type table struct {
	foundRows bool // count rows as MySQL does with that flag

	mu    sync.Mutex
	rows  map[string]int64 // "name|resource" and ids
	sent  []string         // the first word of each statement
	fails map[string]error // by that word

	transaction sync.Mutex
}

func newTable() *table { return &table{rows: map[string]int64{}, fails: map[string]error{}} }

func open(t testing.TB, table *table) *sql.DB {
	db := sql.OpenDB(table)
	if t != nil {
		t.Cleanup(func() { _ = db.Close() })
	}
	return db
}

func (t *table) Connect(context.Context) (driver.Conn, error) { return &conn{table: t}, nil }
func (t *table) Driver() driver.Driver                        { return nil }

// say notes a statement, and returns the error that it shall have.
func (t *table) say(query string) error {
	word, _, _ := strings.Cut(query, " ")
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent = append(t.sent, word)
	return t.fails[word]
}

func (t *table) statements() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.sent, " ")
}

type conn struct {
	table  *table
	before map[string]int64 // of the transaction; nil outside
}

func (c *conn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not needed") }
func (c *conn) Close() error                        { return nil }
func (c *conn) Begin() (driver.Tx, error)           { return nil, errors.New("not needed") }

func (c *conn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	if err := c.table.say("BEGIN"); err != nil {
		return nil, err
	}
	c.table.transaction.Lock()
	c.before = maps.Clone(c.table.rows)
	return c, nil
}

func (c *conn) Commit() error {
	defer c.table.transaction.Unlock()
	c.before = nil
	return c.table.say("COMMIT")
}

func (c *conn) Rollback() error {
	defer c.table.transaction.Unlock()
	c.table.mu.Lock()
	c.table.rows = c.before
	c.table.mu.Unlock()
	c.before = nil
	return c.table.say("ROLLBACK")
}

func (c *conn) ExecContext(_ context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.table.say(query); err != nil {
		return nil, err
	}
	c.table.mu.Lock()
	defer c.table.mu.Unlock()
	rows := c.table.rows
	if strings.Contains(query, "incumbent_done") {
		id := args[0].Value.(string)
		if _, known := rows[id]; !known {
			rows[id] = args[1].Value.(int64)
			return driver.RowsAffected(1), nil
		}
		switch {
		case strings.Contains(query, "asked = asked + 1"):
			return driver.RowsAffected(2), nil
		case strings.Contains(query, "DUPLICATE KEY"):
			return driver.RowsAffected(c.changed(0, 0)), nil
		}
		return driver.RowsAffected(0), nil
	}
	at, term := args[0].Value.(string)+"|"+args[1].Value.(string), args[2].Value.(int64)
	seen, known := rows[at]
	rows[at] = max(seen, term)
	switch {
	case !known:
		return driver.RowsAffected(1), nil
	case strings.Contains(query, "GREATEST"):
		return driver.RowsAffected(c.changed(seen, term)), nil
	case seen > term:
		return driver.RowsAffected(0), nil
	}
	return driver.RowsAffected(1), nil
}

// changed is how many rows MySQL counts.
func (c *conn) changed(seen, term int64) int64 {
	switch {
	case term > seen:
		return 2
	case c.table.foundRows:
		return 1
	}
	return 0
}

func (c *conn) QueryContext(_ context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.table.say(query); err != nil {
		return nil, err
	}
	c.table.mu.Lock()
	defer c.table.mu.Unlock()
	return &result{c.table.rows[args[0].Value.(string)+"|"+args[1].Value.(string)], false}, nil
}

// A result is one number.
type result struct {
	number int64
	read   bool
}

func (r *result) Columns() []string { return []string{"term"} }
func (r *result) Close() error      { return nil }
func (r *result) Next(dest []driver.Value) error {
	if r.read {
		return io.EOF
	}
	r.read, dest[0] = true, r.number
	return nil
}
