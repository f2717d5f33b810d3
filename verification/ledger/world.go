package ledger

import (
	"math/rand/v2"
	"sync"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/verification/ledger/account"
)

// Times in microseconds.
const (
	second = int64(1e6)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
	week   = 7 * day

	lease    = 15 * second
	trust    = 11 * second
	attempt  = 3 * second
	lookTime = hour        // between looks at the whole ledger
	tooLate  = 20 * minute // no packet arrives later than this
	calm     = 4 * hour    // at the end, without faults
)

// world is everything of a run.
type world struct {
	chance    *rand.Rand
	now       int64 // microseconds since 1970, in truth
	end       int64
	agenda    agenda
	versions  []version
	server    *server
	ahead     int64 // of the server's clock
	procs     []*process
	leader    *tenure
	overtaken []func() // packets of the last leader that arrive under the next one
	asker     asker
	term      int64
	book      *account.Book
	faults    faults
}

// faults is how many of each there were.
type faults struct {
	Orderly, Crashes, Cuts, Stalls, Flushes, LedgerLosses, ClockSteps, Outages               int
	Asks, Pauses, Resumes                                                                    int
	RequestsLost, AnswersLost, Late, Overtaken, Copies, Refused, Requests, Restarts, Updates int
}

// process may lead.
type process struct {
	w       *world
	n       int
	version int
	memory  *sync.Map
	booted  int64
	rate    float64
	wall    int64 // its wall clock is so far ahead
	line    *register.Line
}

// clock is that of a process.
func (p *process) Now() heartbeat.Instant {
	passed := float64(p.w.now-p.booted) * p.rate
	return heartbeat.Instant{
		Mono: time.Duration(passed) * time.Microsecond,
		Wall: time.Duration(p.w.now+p.wall) * time.Microsecond,
	}
}

// Timer returns d.
func (*process) Timer(d time.Duration) time.Duration { return d }

// Float64 draws.
func (p *process) Float64() float64 { return p.w.chance.Float64() }

func newWorld(seed uint64, begin, end time.Time, versions []version) *world {
	w := &world{
		chance: rand.New(rand.NewPCG(seed, 9)), now: begin.UnixMicro(), end: end.UnixMicro(),
		versions: versions, book: account.New(tooLate / 1000),
	}
	w.server = newServer(func() int64 { return w.now + w.ahead })
	for n := range 3 {
		p := &process{w: w, n: n, version: w.chance.IntN(len(versions))}
		p.boot()
		w.procs = append(w.procs, p)
	}
	w.asker = newAsker(w)
	return w
}

// boot starts the process anew: it remembers nothing.
func (p *process) boot() {
	p.memory, p.booted = &sync.Map{}, p.w.now
	p.rate = 0.99 + 0.02*p.w.chance.Float64()
	p.wall = p.w.between(-minute, minute)
	p.line = register.NewLine(client{p.w.server}, p)
	if p.w.happens(0.1) {
		p.version = p.w.chance.IntN(len(p.w.versions))
		p.w.faults.Updates++
	}
}

func (w *world) happens(chance float64) bool  { return w.chance.Float64() < chance }
func (w *world) between(from, to int64) int64 { return from + w.chance.Int64N(to-from) }
func (w *world) after(d int64, do func())     { w.agenda.put(w.now+d, do) }
func (w *world) serverMillis() int64          { return (w.now + w.ahead) / 1000 }
func (w *world) calm() bool                   { return w.now > w.end-calm }
func (w *world) often(mean int64) int64       { return 1 + int64(w.chance.ExpFloat64()*float64(mean)) }
