package ledger

import (
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"example.com/incumbent/verification/ledger/account"
)

// A Run is one seed.
type Run struct {
	Seed uint64
	Span time.Duration // of simulated time; a year at most, of one of ten years
}

// Year is the usual span of a run.
const Year = 365 * 24 * time.Hour

// A Result is what came of a run.
type Result struct {
	Run

	account.Counts
	Faults faults
	Story  []string
}

// Do runs a seed.
func (r Run) Do(all Versions) Result {
	begin := time.Date(2024+int(r.Seed%10), 1, 1, 0, 0, 0, 0, time.UTC)
	w := newWorld(r.Seed, begin, begin.Add(r.Span), all)
	defer w.server.close()
	w.trouble()
	w.askNowAndThen()
	w.begin(w.procs[0])
	w.run()
	if w.leader != nil {
		w.leader.lose()
	}
	w.book.Close(w.term, w.serverMillis()-(calm-2*hour)/1000)
	return Result{r, w.book.Counts, w.faults, w.book.Story}
}

// Versions are those of the schedule. They may be shared by runs.
type Versions []version

// NewVersions returns them; it fails where zones are missing.
func NewVersions() (Versions, error) { return versions() }

// Held reports whether nothing was found.
func (r Result) Held() bool { return len(r.Broken) == 0 }

// Explain says what was found, and how to run it again; "" if nothing was.
func (r Result) Explain() string {
	if r.Held() {
		return ""
	}
	return fmt.Sprintf("seed %d:\n%s\n\nrun it again: go run -C verification ./ledgerrun -from %d -seeds 1 -years %v\n",
		r.Seed, strings.Join(r.Story, "\n"), r.Seed, r.Span.Hours()/Year.Hours())
}

// Prepare readies the process for runs, which make much garbage. A program and a TestMain call
// it once, first.
func Prepare() { debug.SetGCPercent(800) }
