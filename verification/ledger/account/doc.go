// Package account judges what a ledger did. It is written from what schedules promise, not
// from their code, and shares nothing with it: it knows all due times by a slow scan of its
// own, reads the documented formats itself, and keeps a book of every due time.
package account
