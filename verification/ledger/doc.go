// Package ledger simulates schedules and their ledger for years, and nothing else: there are
// no beats. Who leads, crashes, clocks, losses and versions are drawn from a seed; the runner
// of package schedule decides, and its script runs as Lua. Package account judges.
package ledger
