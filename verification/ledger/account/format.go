package account

import (
	"strconv"
	"strings"
	"time"
)

// run is for what a run is.
type run struct {
	job     string
	due     string // milliseconds, or @ and microseconds for one that was asked for
	attempt int64
	term    int64
}

// asked reports whether somebody asked for the run.
func (r run) asked() bool { return strings.HasPrefix(r.due, "@") }

// at is when it was due, or asked for, in milliseconds.
func (r run) at() int64 {
	if us, asked := strings.CutPrefix(r.due, "@"); asked {
		return Number(us) / 1000
	}
	return Number(r.due)
}

// key is what all attempts have in common.
func (r run) key() string { return r.job + " " + r.due }

// entry is what is judged of an entry of the ledger.
type entry struct {
	cursor int64
	cal    string
	state  string
	run    run
	gone   bool   // no leader declares the job
	paused bool   // due times are dropped
	until  int64  // of the pause; 0: for ever
	ask    string // when a run was asked for, as run.due has it; "": none
}

// readEntry reads one; false if it is none.
func readEntry(job, text string) (entry, bool) {
	f := strings.Split(text, " ")
	if len(f) != 16 || f[0] != "1" {
		return entry{}, false
	}
	e := entry{cursor: Number(f[2]), cal: f[4], state: f[5], run: run{job, f[6], Number(f[7]), Number(f[8])}, gone: strings.HasPrefix(f[12], "u")}
	if until, _, _ := strings.Cut(f[13], ","); until != "-" {
		e.paused, e.until = true, Number(until)
	}
	if at, _, _ := strings.Cut(f[14], ","); at != "-" {
		e.ask = "@" + at
	}
	return e, true
}

// line is one of a history.
type line struct {
	run     run
	outcome string
	n       int
}

func readLine(job, text string) (line, bool) {
	f := strings.SplitN(text, " ", 10)
	if len(f) != 10 || f[0] != "1" {
		return line{}, false
	}
	return line{run{job, f[1], Number(f[2]), Number(f[3])}, f[6], int(Number(f[7]))}, true
}

// Milliseconds is a due time as the ledger writes it.
func Milliseconds(due time.Time) string { return strconv.FormatInt(due.UnixMilli(), 10) }

// Number is -1 for what is none.
func Number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// InOffice reports whether a record says that this term leads.
func InOffice(record string, term int64) bool {
	f := strings.Split(record, " ")
	return len(f) > 2 && (f[1] == "L" || f[1] == "D") && Number(f[2]) == term
}
