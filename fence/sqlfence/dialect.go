package sqlfence

import (
	"fmt"

	"example.com/incumbent/election"
)

// A Dialect is a kind of database.
type Dialect int

const (
	// PostgreSQL and what speaks like it, with the placeholders $1, $2.
	PostgreSQL Dialect = iota + 1
	// SQLite from version 3.24 on.
	SQLite
	// MySQL and MariaDB, with InnoDB.
	MySQL
)

// String returns the dialect's name.
func (d Dialect) String() string {
	switch d {
	case PostgreSQL:
		return "PostgreSQL"
	case SQLite:
		return "SQLite"
	case MySQL:
		return "MySQL"
	}
	return fmt.Sprintf("Dialect(%d)", int(d))
}

// statements are the texts of a dialect.
type statements struct {
	schema string
	raise  string // name, resource, term, and in MySQL the term again
	seen   string // name, resource
	once   string // id, term
	// counts says that raise changes no row if a later term is there. In MySQL the number of
	// rows depends on the flags of the connection.
	counts bool
}

// statements returns the dialect's texts.
func (d Dialect) statements() (*statements, error) {
	switch d {
	case PostgreSQL:
		return postgreSQL(), nil
	case SQLite:
		return sqlite(), nil
	case MySQL:
		return mySQL(), nil
	}
	return nil, fmt.Errorf("%w: sqlfence: %v is no dialect: use PostgreSQL, SQLite or MySQL", election.ErrConfig, d)
}

// Schema returns the statements that make both tables, if they do not exist. They end with
// semicolons, an empty line apart: some drivers, as that of MySQL, take one at a time.
// It panics if d is no dialect.
//
// Table incumbent_fences has a row for each resource of an election or a space of locks,
// which keeps the highest term; remove none. Table incumbent_done has a row for each key of
// [Dialect.Once]; remove those that nobody can ask for again.
func (d Dialect) Schema() string {
	s, err := d.statements()
	if err != nil {
		panic(err)
	}
	return s.schema
}

// Names and resources that differ in case, or in spaces at the end, are two. PostgreSQL and
// SQLite compare texts so; MySQL has bytes for it.
const schema = `CREATE TABLE IF NOT EXISTS incumbent_fences (
  name     varchar(200) NOT NULL,
  resource varchar(512) NOT NULL,
  term     bigint NOT NULL,
  PRIMARY KEY (name, resource)
);

CREATE TABLE IF NOT EXISTS incumbent_done (
  id   varchar(512) NOT NULL PRIMARY KEY,
  term bigint NOT NULL,
  at   timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);
`

// Raise changes the row and locks it until the transaction ends, if no later term is there.
func postgreSQL() *statements {
	return &statements{
		schema: schema,
		raise: `INSERT INTO incumbent_fences (name, resource, term) VALUES ($1, $2, $3)
ON CONFLICT (name, resource) DO UPDATE SET term = EXCLUDED.term WHERE incumbent_fences.term <= EXCLUDED.term`,
		seen:   `SELECT term FROM incumbent_fences WHERE name = $1 AND resource = $2`,
		once:   `INSERT INTO incumbent_done (id, term) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`,
		counts: true,
	}
}

// The same with other placeholders.
func sqlite() *statements {
	return &statements{
		schema: schema,
		raise: `INSERT INTO incumbent_fences (name, resource, term) VALUES (?, ?, ?)
ON CONFLICT (name, resource) DO UPDATE SET term = EXCLUDED.term WHERE incumbent_fences.term <= EXCLUDED.term`,
		seen:   `SELECT term FROM incumbent_fences WHERE name = ? AND resource = ?`,
		once:   `INSERT INTO incumbent_done (id, term) VALUES (?, ?) ON CONFLICT (id) DO NOTHING`,
		counts: true,
	}
}

// MySQL has no condition in ON DUPLICATE KEY UPDATE. So raise writes the greater term, which
// locks the row, and seen reads it: locking, since a plain read could show a snapshot. A
// second insert of once changes its row, so that it counts as two under any flag.
func mySQL() *statements {
	return &statements{
		schema: mySchema,
		raise: `INSERT INTO incumbent_fences (name, resource, term) VALUES (?, ?, ?)
ON DUPLICATE KEY UPDATE term = GREATEST(term, ?)`,
		seen: `SELECT term FROM incumbent_fences WHERE name = ? AND resource = ? FOR UPDATE`,
		once: `INSERT INTO incumbent_done (id, term) VALUES (?, ?) ON DUPLICATE KEY UPDATE asked = asked + 1`,
	}
}

const mySchema = `CREATE TABLE IF NOT EXISTS incumbent_fences (
  name     varbinary(200) NOT NULL,
  resource varbinary(512) NOT NULL,
  term     bigint NOT NULL,
  PRIMARY KEY (name, resource)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS incumbent_done (
  id    varbinary(512) NOT NULL PRIMARY KEY,
  term  bigint NOT NULL,
  at    timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  asked bigint NOT NULL DEFAULT 1
) ENGINE = InnoDB;
`
