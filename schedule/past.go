package schedule

import (
	"sync"
	"sync/atomic"

	"example.com/incumbent/internal/register"
)

// A past is what a process remembers of a ledger between its terms: the newest entries that
// answers have shown. It is only ever a reason not to start something. Notifications do not
// count: anybody may publish.
type past struct {
	busy atomic.Bool // a schedule runs

	entries map[string]entry // owned by the schedule that runs
}

type pastKey struct{}

// pastOf returns the past of an election's ledger.
func pastOf(h register.Holder) *past {
	if h.Memory == nil {
		h.Memory = &sync.Map{}
	}
	p, _ := h.Memory.LoadOrStore(pastKey{}, &past{entries: map[string]entry{}})
	return p.(*past) //nolint:errcheck // nothing else is stored there
}

// see takes in what an answer showed.
func (p *past) see(job string, e entry) {
	if known, ok := p.entries[job]; !ok || known.seq <= e.seq {
		p.entries[job] = e
	}
}
