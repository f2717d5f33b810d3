// Package sqlfence tries fence/sqlfence and fence/httpfence on real databases: SQLite, and in
// the long tests PostgreSQL and MariaDB, whose servers it starts and ends itself. It is made of
// tests alone.
package sqlfence
