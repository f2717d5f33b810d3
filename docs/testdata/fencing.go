package fencing

import (
	"database/sql"
	"net/http"
)

var db *sql.DB

func writeNext(*sql.Tx) error { return nil }

func store(*sql.Tx, *http.Request) error { return nil }
