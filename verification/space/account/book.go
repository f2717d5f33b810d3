package account

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// Counts is what an account adds up.
type Counts struct {
	Works, Ended int // begun; ended by the work itself
	Cut          int // whose context ended before
	Crashed      int // that died with their process
	Writes       int // to the fenced resource
	Refused      int // of these: of a lower term than one before
	Beside       int // works beside one of a process that stood still
	Late         int // works that began under an older term since their process stood still

	Results        int // of what shall be done once
	Grants, Pushed int // by the server; published
	Sessions       int // made
	SessionsGone   int // removed while they were there
	LeftAlone      int // publications that nobody received

	Named, Moved int // works for names of the set; that the last work of was another process's

	Broken map[string]int `json:",omitempty"`
}

// The rules that may be broken.
const (
	AboveTheLimit = "above the limit"
	TermsBack     = "terms back"
	FromTheLiving = "a seat taken from a session that is there"
	FieldsLeft    = "fields left in a calm end"
	StuckName     = "stuck names"
	Uneven        = "load above the bound in a calm"
	LongWait      = "a wait beyond the bound"
	Doubtful      = "done although the outcome of the one before is unknown"
	Doubled       = "done twice, of what shall be done once"
)

// A Work is one that runs.
type Work struct {
	name    string
	process int
	seats   int
	term    int64
	begun   time.Time
	ended   time.Time // zero while it runs

	asked, returned time.Time // of its call; zero if that has not returned
}

// A Book is the account of one run. It is safe for concurrent use.
type Book struct {
	mu     sync.Mutex
	counts Counts
	story  []string
	start  time.Time

	works map[string]map[*Work]bool // that run, by name
	all   []*Work                   // that ever ran
	by    map[string]int            // the process that has begun the last work of a name of the set
	begun map[string]int64          // the highest term under which one of the name has begun
	wrote map[string]int64          // that the fenced resource has taken
	last  int64                     // the highest term that was granted
	stood map[int]time.Time         // until when a process has stood still
	once  map[string]string         // the result of a key, since the last loss of everything
	lost  time.Time                 // when that was
	doing map[string]int            // the process that does what shall be done once
	doubt map[string]bool           // it has died meanwhile
	seats map[string]string         // fields of the hash, as the server wrote them
	alive map[string]bool           // sessions in the hash
}

// New returns an empty account.
func New(start time.Time) *Book {
	return &Book{
		counts: Counts{Broken: map[string]int{}}, start: start,
		works: map[string]map[*Work]bool{}, by: map[string]int{}, begun: map[string]int64{}, wrote: map[string]int64{}, stood: map[int]time.Time{},
		once: map[string]string{}, doing: map[string]int{}, doubt: map[string]bool{}, seats: map[string]string{}, alive: map[string]bool{},
	}
}

// Counts returns what was added up.
func (b *Book) Counts() Counts {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.counts
}

// Story returns the last notes, for who reads about a violation.
func (b *Book) Story() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.story...)
}

// Note writes a line of the story.
func (b *Book) Note(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.note(format, args...)
}

const longest = 400 // lines of a story; what comes before is dropped

func (b *Book) note(format string, args ...any) {
	if len(b.counts.Broken) > 0 {
		return // it ends with the first violation
	}
	line := fmt.Sprintf("%12.6f ", time.Since(b.start).Seconds()) + fmt.Sprintf(format, args...)
	if b.story = append(b.story, line); len(b.story) > 2*longest {
		b.story = append(b.story[:0], b.story[longest:]...)
	}
}

// Break notes a violation.
func (b *Book) Break(rule, format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.breaks(rule, format, args...)
}

func (b *Book) breaks(rule, format string, args ...any) {
	b.note("BROKEN: %s: %s", rule, fmt.Sprintf(format, args...))
	b.counts.Broken[rule]++
}

// Begin opens a work.
func (b *Book) Begin(process int, name string, seats int, term int64) *Work {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := &Work{name: name, process: process, seats: seats, term: term, begun: time.Now()}
	b.counts.Works++
	b.note("p%d begins %s, term %d", process, name, term)
	if b.works[name] == nil {
		b.works[name] = map[*Work]bool{}
	}
	b.works[name][w] = true
	b.all = append(b.all, w)
	b.above(w)
	if seats == 1 {
		b.inOrder(w)
	}
	if strings.HasPrefix(name, SetPrefix) {
		b.counts.Named++
		if b.by[name] != process {
			b.counts.Moved++
		}
		b.by[name] = process
	}
	return w
}

// SetPrefix is what names of the set that processes spread begin with.
const SetPrefix = "set/"

// Loads returns how many names of the set each process runs.
func (b *Book) Loads() map[int]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	loads := map[int]int{}
	for name, all := range b.works {
		for w := range all {
			if strings.HasPrefix(name, SetPrefix) {
				loads[w.process]++
			}
		}
	}
	return loads
}

// above looks whether the name has more works than seats now.
func (b *Book) above(w *Work) {
	others := b.works[w.name]
	if len(others) <= w.seats {
		return
	}
	for o := range others {
		if b.still(o) {
			b.counts.Beside++
			return
		}
	}
	var all []string
	for o := range others {
		all = append(all, fmt.Sprintf("p%d term %d since %.6f", o.process, o.term, o.begun.Sub(b.start).Seconds()))
	}
	b.breaks(AboveTheLimit, "%s: %s", w.name, strings.Join(all, "; "))
}

// still says whether a process has stood still since its work began: then the work may go on for
// longer than it should.
func (b *Book) still(w *Work) bool { return b.stood[w.process].After(w.begun.Add(-time.Second)) }

func (b *Book) inOrder(w *Work) {
	switch {
	case w.term > b.begun[w.name]:
		b.begun[w.name] = w.term
	case w.term == b.begun[w.name] && w.process == b.by[w.name] && strings.HasPrefix(w.name, SetPrefix): // it runs again
	case b.still(w):
		b.counts.Late++
	default:
		b.breaks(TermsBack, "%s: a work of term %d after one of %d", w.name, w.term, b.begun[w.name])
	}
}

// End closes a work. Cut says that its context had ended.
func (b *Book) End(w *Work, cut bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !w.ended.IsZero() {
		return
	}
	b.close(w)
	if cut {
		b.counts.Cut++
	} else {
		b.counts.Ended++
	}
	b.note("p%d ends %s, term %d", w.process, w.name, w.term)
}

func (b *Book) close(w *Work) {
	w.ended = time.Now()
	delete(b.works[w.name], w)
	if len(b.works[w.name]) == 0 {
		delete(b.works, w.name)
	}
}

// Crash closes all works of a process.
func (b *Book) Crash(process int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.note("p%d crashes", process)
	for key, by := range b.doing {
		if by == process {
			b.doubt[key] = true
			delete(b.doing, key)
		}
	}
	for _, all := range b.works {
		for w := range all {
			if w.process == process {
				b.close(w)
				b.counts.Crashed++
			}
		}
	}
}

// Stand notes that a process stands still for d.
func (b *Book) Stand(process int, d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.note("p%d stands still for %v", process, d)
	b.stood[process] = time.Now().Add(d)
}

// Write is one to the resource that refuses lower terms.
func (b *Book) Write(w *Work) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !w.ended.IsZero() || w.seats > 1 {
		return
	}
	b.counts.Writes++
	if w.term < b.wrote[w.name] {
		b.counts.Refused++
		if !b.still(w) {
			b.breaks(TermsBack, "%s: a write of term %d after one of %d", w.name, w.term, b.wrote[w.name])
		}
		return
	}
	b.wrote[w.name] = w.term
}

// Lost notes that the hash is gone, and perhaps all results.
func (b *Book) Lost(how string, everything bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.note("%s", how)
	clear(b.seats)
	clear(b.alive)
	if everything {
		clear(b.once)
		clear(b.doing)
		clear(b.doubt)
		b.lost = time.Now()
	}
}
