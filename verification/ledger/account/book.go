package account

import "fmt"

// A Job is what a version of a schedule promises of one job.
type Job struct {
	Name     string
	Due      Times
	Attempts int
	Late     int64 // milliseconds; 0: none
	CatchUp  int
}

// Counts are what was seen. Those of Broken must be 0.
type Counts struct {
	Due, Starts, Terms                                  int
	Done, Failed, Interrupted, Abandoned                int
	Missed, Paused, OtherVersion, Unknown, NeverHeard   int
	Asked, Lost, Restored, Stood, AfterLossAndClockBack int
	Broken                                              map[string]int // by rule
}

// The rules.
const (
	Doubled     = "doubled"        // an attempt at a due time was started twice
	TooMany     = "too many"       // a due time was started more often than its attempts
	Stale       = "stale write"    // a write of who is not in the record
	Early       = "early"          // claimed before the server's clock said so
	Overlap     = "overlap"        // two runs of one job at a time
	Unaccounted = "unaccounted"    // a due time or a run that ended in no way, or in two
	Policy      = "against policy" // dropped or run late although the job says otherwise
	Unclaimed   = "unclaimed"      // a run without a claim of its own
	Past        = "past"           // a calendar that is new has a past, or a cursor goes back
)

// A Book is the account of one ledger. It is for one goroutine.
type Book struct {
	Counts Counts
	Story  []string // what was violated, and what led to it

	slack  int64 // how late a packet may arrive, in milliseconds
	jobs   map[string]*page
	terms  map[int64]*term
	peak   int64 // the highest time that the server has shown
	recent [40]noted
	noted  int
}

// forgotten is after how many more terms nothing of a term can come any more.
const forgotten = 1000

// term is one of a leader.
type term struct {
	jobs map[string]Job
	low  int64 // the lowest time of the server since it began
}

// page is the account of one job.
type page struct {
	job      Job
	known    bool // the ledger has an entry
	cal      string
	taken    int64 // due times up to here are pending, or ended
	pending  []int64
	open     *claim
	last     run // the last that was closed
	starts   map[string]int
	attempts map[run]bool
	excused  int64 // memory was lost while the server's clock was set back, from here
	under    []*underway
	before   *earlier // the last write of a leader
	stood    entry    // before the last write of anybody
	ask      string   // a request for a run that waits; "": none
}

// earlier is what was known of a job at some time.
type earlier struct {
	is      entry
	pending []int64
	open    *claim
	last    run
}

// claim is a run that the ledger says was started.
type claim struct {
	run     run
	started bool
	ended   bool // its end was written, and another attempt is owed
}

// underway is a run that is executed.
type underway struct {
	term  int64
	stood bool
}

// New returns an empty book. No packet arrives later than slack milliseconds after it was sent.
func New(slack int64) *Book {
	return &Book{Counts: Counts{Broken: map[string]int{}}, slack: slack, jobs: map[string]*page{}, terms: map[int64]*term{}}
}

// note keeps what happened lately. It is written out only if something is wrong.
func (b *Book) note(format string, args ...any) {
	b.recent[b.noted%len(b.recent)] = noted{format, args}
	b.noted++
}

// noted is something that happened.
type noted struct {
	format string
	args   []any
}

// Full reports whether the story is as long as anybody would read.
func (b *Book) Full() bool { return len(b.Story) >= 200 }

// breaks notes a violation.
func (b *Book) breaks(rule, format string, args ...any) {
	b.Counts.Broken[rule]++
	if !b.Full() {
		for i := range b.recent {
			if n := b.recent[(b.noted+i)%len(b.recent)]; n.format != "" {
				b.Story = append(b.Story, fmt.Sprintf(n.format, n.args...))
			}
		}
		b.Story = append(b.Story, "VIOLATION: "+rule+": "+fmt.Sprintf(format, args...))
		clear(b.recent[:])
	}
}

func (b *Book) page(job string) *page {
	p := b.jobs[job]
	if p == nil {
		p = &page{starts: map[string]int{}, attempts: map[run]bool{}}
		b.jobs[job] = p
	}
	return p
}

// Begin notes that a term begins, at that time of the server.
func (b *Book) Begin(n int64, jobs []Job, server int64) {
	t := &term{map[string]Job{}, server}
	for _, j := range jobs {
		t.jobs[j.Name] = j
	}
	b.terms[n] = t
	delete(b.terms, n-forgotten)
	b.Counts.Terms++
	b.note("%d: term %d begins", server, n)
}

// Clock notes that the server's clock was set.
func (b *Book) Clock(server int64) {
	b.note("the clock of the server is set to %d", server)
	for _, t := range b.terms {
		t.low = min(t.low, server)
	}
}

// Lose notes that the ledger is lost.
func (b *Book) Lose(what string) {
	b.note("%s", what)
	b.Counts.Lost++
	for _, p := range b.jobs {
		p.known = false
	}
}

// Stand notes that the process of a term stands still.
func (b *Book) Stand(n int64) {
	b.note("the leader of term %d stands still", n)
	for _, p := range b.jobs {
		for _, u := range p.under {
			u.stood = u.stood || u.term == n
		}
	}
}

// Start notes that a run begins.
func (b *Book) Start(n int64, job, due string, attempt int64) {
	p, r := b.page(job), run{job, due, attempt, n}
	b.note("term %d starts %s for %s, attempt %d", n, job, due, attempt)
	b.Counts.Starts++
	if p.open == nil || p.open.run != r || p.open.started {
		b.breaks(Unclaimed, "%+v", r)
	} else {
		p.open.started = true
	}
	if r.asked() {
		b.Counts.Asked++
	}
	b.countStart(p, r)
	for _, u := range p.under {
		if u.stood {
			b.Counts.Stood++
		} else {
			b.breaks(Overlap, "%+v, beside one of term %d", r, u.term)
		}
	}
	p.under = append(p.under, &underway{term: n})
}

// countStart judges how often a due time was started.
func (b *Book) countStart(p *page, r run) {
	attempt := r
	attempt.term = 0
	p.starts[r.key()]++
	again := p.attempts[attempt]
	p.attempts[attempt] = true
	many := p.starts[r.key()] > p.job.Attempts
	switch {
	case !again && !many:
	case r.at() <= p.excused:
		b.Counts.AfterLossAndClockBack++
	case again:
		b.breaks(Doubled, "%+v", r)
	default:
		b.breaks(TooMany, "%+v: %d starts", r, p.starts[r.key()])
	}
}

// End notes that a run of a term has ended.
func (b *Book) End(n int64, job string) {
	p := b.page(job)
	for i, u := range p.under {
		if u.term == n {
			p.under = append(p.under[:i:i], p.under[i+1:]...)
			return
		}
	}
}

// Close ends the account after a calm in which that term led: what was due before a time must
// have ended, of the jobs that its version has.
func (b *Book) Close(last, calm int64) {
	t := b.terms[last]
	if t == nil {
		b.breaks(Unaccounted, "nobody leads")
		return
	}
	for name := range t.jobs {
		p := b.page(name)
		if p.ask != "" {
			b.breaks(Unaccounted, "%s: nothing became of the request %s", name, p.ask)
		}
		for _, due := range p.pending {
			if due < calm {
				b.breaks(Unaccounted, "%s: nothing became of what was due at %d", name, due)
			}
		}
		if p.job.Due != nil {
			for _, due := range p.job.Due.Between(p.taken, calm) {
				b.breaks(Unaccounted, "%s: nobody decided about %d", name, due)
			}
		}
	}
}
