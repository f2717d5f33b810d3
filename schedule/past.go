package schedule

import (
	"sync"

	"example.com/incumbent/internal/register"
)

// A past is what a process remembers of a ledger between its terms: the newest entries that
// answers have shown. It is only ever a reason not to start something. Notifications do not
// count: anybody may publish. It is safe for concurrent use, since a run that ignores its
// context may hold up a term that is lost already.
type past struct {
	mu      sync.Mutex
	entries map[string]entry
	terms   map[int64]bool // in which a schedule runs
}

type pastKey struct{}

// pastOf returns the past of an election's ledger.
func pastOf(h register.Holder) *past {
	p, _ := h.Memory.LoadOrStore(pastKey{}, &past{entries: map[string]entry{}, terms: map[int64]bool{}})
	return p.(*past)
}

// begin reports false if a schedule runs in that term already.
func (p *past) begin(term int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terms[term] {
		return false
	}
	p.terms[term] = true
	return true
}

func (p *past) end(term int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.terms, term)
}

// see takes in what an answer showed.
func (p *past) see(job string, e entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.entries[job]; ok {
		if known.seq > e.seq {
			return
		}
		e.cursor = max(e.cursor, known.cursor) // what began anew under a clock that was set back knows less
	}
	p.entries[job] = e
}

// forget is about an entry that was removed on purpose.
func (p *past) forget(job string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.entries, job)
}

// heard returns the newest entry that was seen, nil if there is none.
func (p *past) heard(job string) *entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e, ok := p.entries[job]; ok {
		return &e
	}
	return nil
}
