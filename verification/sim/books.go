package sim

import (
	"strings"
	"sync"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/schedule"
	"example.com/incumbent/verification/ledger/account"
	"example.com/incumbent/verification/sim/check"
)

// books are the account of the schedule's ledger. Whether runs overlap is not asked here:
// whether the works do is, with the assumptions that explain it.
type books struct {
	w *World

	mu      sync.Mutex
	book    *account.Book
	told    int                      // lines of its story that the history has
	sent    map[string]account.Write // by the job and the entry: its bytes never repeat
	entries map[string]string
}

func newBooks(w *World) *books {
	const anyTime = 365 * 24 * time.Hour // how late a packet may arrive
	return &books{w: w, book: account.New(anyTime.Milliseconds()), sent: map[string]account.Write{}, entries: map[string]string{}}
}

// keep has something booked, and tells what that shows.
func (b *books) keep(do func(book *account.Book)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	do(b.book)
	if story := b.book.Story; len(story) > b.told {
		b.told = len(story)
		b.w.history.Complain(check.Ledger, strings.Join(story[max(0, len(story)-10):], "\n"))
	}
}

// begin notes that a term begins.
func (b *books) begin(term election.Term) {
	var jobs []account.Job
	for _, j := range b.w.profile.jobs() {
		jobs = append(jobs, j.Job)
	}
	b.keep(func(book *account.Book) { book.Begin(int64(term), jobs, time.Now().UnixMilli()) })
}

// start notes that a run begins, and returns what to call at its end. A process that stood
// still may begin a run after its term: no promise is about that one.
func (b *books) start(p *process, t schedule.Tick) (end func()) {
	record, _ := b.w.store.contents()
	if p.dead.Load() || !account.InOffice(record, int64(t.Term)) {
		return func() {}
	}
	due := account.Milliseconds(t.Due)
	b.keep(func(book *account.Book) {
		book.Start(int64(t.Term), t.Job, due, int64(t.Attempt))
		book.Stand(int64(t.Term))
	})
	return func() { b.keep(func(book *account.Book) { book.End(int64(t.Term), t.Job) }) }
}

// request notes a write that is sent: the words are those of the script, EVALSHA sha 3 record
// ledger history, then term nonce job expected new not-before line and more.
func (b *books) request(words []string) {
	if len(words) < 13 || words[2] != "3" || words[4] != ledgerKey {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	term := account.Number(words[6])
	b.sent[words[8]+" "+words[10]] = account.Write{Term: term, Job: words[8], After: words[10], Line: words[12]}
}

// wrote notes that one is executed.
func (b *books) wrote(job, entry, record string) {
	b.keep(func(book *account.Book) {
		w := b.sent[job+" "+entry]
		w.Job, w.After, w.Before, w.Record, w.Server = job, entry, b.entries[job], record, time.Now().UnixMilli()
		b.entries[job] = entry
		book.Wrote(w)
	})
}

// lose notes that the server has lost everything.
func (b *books) lose() {
	b.keep(func(book *account.Book) {
		clear(b.entries)
		book.Lose("everything is lost")
	})
}

// counts are those of the book.
func (b *books) counts() account.Counts {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.book.Counts
}
