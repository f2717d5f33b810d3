package processes

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/lock"
)

const children = 4

// A child is one process, as the parent sees it.
type child struct {
	id      string
	journal string
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	said    bytes.Buffer
	stopped time.Duration // since when, by the clock of all; 0: it runs
	goesOn  time.Duration // when it shall run again
	died    time.Duration // when it was gone; 0: it lives
}

// A parent makes the faults and keeps the accounts.
type parent struct {
	*testing.T
	dir    string
	server *redistest.Server
	rdb    *redis.Client

	all     []*child // also those that are gone
	living  [children]*child
	history history
	seen    map[string][]int64 // what was read of each list since the last loss of data

	even     time.Duration // how long it took until the set was
	cleaning time.Duration // how long it took in the end

	stops, kills, flushes, read, refused, unsent, called int
}

// Real processes on a real server: no two of them in one seat at a time.
func TestProcessesThatAreStoppedAndKilled(t *testing.T) {
	runtime.LockOSThread() // the kernel ends a child with the thread that started it
	defer runtime.UnlockOSThread()
	p := newParent(t)
	p.faults(redistest.Either(4*time.Second, 2*time.Minute))
	p.evenly()
	p.calm()
	p.drain()
	p.everyName()
	p.readJournals()
	v := p.history.judge()
	t.Logf("%d works, %d calls, %d stops, %d kills, %d losses of data; %d terms written, %d writes refused by the server, %d not sent; %d beside a process that stood still, %d begun late by one; clean after %v, set even after %v",
		len(p.history.works), p.called, p.stops, p.kills, p.flushes, p.read, p.refused, p.unsent, v.beside, v.late, p.cleaning, p.even)
	for _, what := range v.violations {
		t.Error(what)
	}
	if len(p.history.works) < 20 || p.read < 100 || p.stops < 2 || p.kills < 1 || p.flushes != 1 {
		t.Error("nothing happened that could have shown anything")
	}
}

func newParent(t *testing.T) *parent {
	server := redistest.Start(t)
	p := &parent{T: t, dir: t.TempDir(), server: server, rdb: server.Client(), seen: map[string][]int64{}}
	p.history = history{seats: map[string]int{pair: 2}, lease: lease, grace: lease / 5}
	for _, name := range slices.Concat(names, setNames) {
		p.history.seats[name] = 1
	}
	t.Cleanup(func() {
		for _, c := range p.all {
			p.end(c)
		}
	})
	p.open(func(*lock.Space) {}) // else all would wait for a lease first
	for i := range p.living {
		p.start(i)
	}
	return p
}

// open opens a space in this process, that founds it if need be.
func (p *parent) open(use func(*lock.Space)) {
	p.Helper()
	s, err := lock.Open(p.rdb, lock.Config{Lease: lease, Bootstrap: election.BootstrapImmediate, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		p.Fatal(err)
	}
	if err := s.Try(p.Context(), "first", 10*time.Second, func(context.Context, lock.Term) error { return nil }); err != nil {
		p.Error(err)
	}
	use(s)
	if err := s.Close(); err != nil {
		p.Error(err)
	}
}

func (p *parent) start(i int) {
	p.Helper()
	id := fmt.Sprintf("%d-%d", i, len(p.all))
	c := &child{id: id, journal: filepath.Join(p.dir, id)}
	text, err := json.Marshal(role{Addr: p.server.Addr(), ID: id, Journal: c.journal})
	if err != nil {
		p.Fatal(err)
	}
	c.cmd = exec.Command(os.Args[0])
	c.cmd.Env = append(os.Environ(), roleVariable+"="+string(text))
	c.cmd.Stdout, c.cmd.Stderr = &c.said, &c.said
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if c.stdin, err = c.cmd.StdinPipe(); err == nil {
		err = c.cmd.Start()
	}
	if err != nil {
		p.Fatal(err)
	}
	p.all = append(p.all, c)
	p.living[i] = c
}

// end kills a child that lives, stopped or not, and returns when it is gone.
func (p *parent) end(c *child) {
	if c.died != 0 {
		return
	}
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
	c.died = monotonic()
	if c.stopped != 0 {
		p.history.stills = append(p.history.stills, still{c.id, c.stopped, c.died})
	}
}

func (p *parent) signal(c *child, sig syscall.Signal) {
	p.Helper()
	if err := c.cmd.Process.Signal(sig); err != nil {
		p.Error(err)
	}
}

func (p *parent) goOn(c *child) {
	p.signal(c, syscall.SIGCONT)
	p.history.stills = append(p.history.stills, still{c.id, c.stopped, monotonic()})
	c.stopped = 0
}

// faults stops a child, or kills one and starts another, every 300 ms, and loses all data
// once.
func (p *parent) faults(lasts time.Duration) {
	begin := monotonic()
	next := begin + time.Second
	for now := begin; now < begin+lasts; now = monotonic() {
		time.Sleep(20 * time.Millisecond)
		p.drain()
		for _, c := range p.living {
			if c.stopped != 0 && now >= c.goesOn {
				p.goOn(c)
			}
		}
		if p.flushes == 0 && now >= begin+lasts/4 {
			p.flush()
		}
		if now >= next {
			next = now + 300*time.Millisecond
			p.fault(rand.IntN(children), now)
		}
	}
}

// fault makes the next one: each third kills. At most half of the children stand still at once.
func (p *parent) fault(i int, now time.Duration) {
	if (p.kills+p.stops)%3 == 2 {
		p.kills++
		p.end(p.living[i])
		p.start(i)
		return
	}
	stopped := 0
	for _, c := range p.living {
		if c.stopped != 0 {
			stopped++
		}
	}
	if c := p.living[i]; c.stopped == 0 && stopped < children/2 {
		p.stops++
		c.stopped = now
		longest := redistest.Either(2300*time.Millisecond, 5*time.Second) // in the short form others shall have a turn
		c.goesOn = now + 300*time.Millisecond + time.Duration(rand.Int64N(int64(longest-300*time.Millisecond)))
		p.signal(c, syscall.SIGSTOP)
	}
}

func (p *parent) flush() {
	p.drain()
	if err := p.rdb.FlushAll(p.Context()).Err(); err != nil {
		p.Error(err)
	}
	p.flushes++
	p.seen = map[string][]int64{} // the highest term by which fence.At compares is lost, too
}

// drain reads the terms that were written, and checks that none went back.
func (p *parent) drain() {
	p.Helper()
	for name, seats := range p.history.seats {
		for seat := range seats {
			for _, key := range []string{string(bySeat(name, seat)), string(byTerm(name, seat))} {
				texts, err := p.rdb.LPopCount(p.Context(), key, 10000).Result()
				if err != nil && !errors.Is(err, redis.Nil) {
					p.Fatal(err)
				}
				p.take(key, texts)
			}
		}
	}
}

func (p *parent) take(key string, texts []string) {
	p.Helper()
	p.read += len(texts)
	terms := p.seen[key]
	for _, text := range texts {
		term, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			p.Fatal(err)
		}
		terms = append(terms, term)
	}
	if term, found := goesBack(terms); found {
		p.Errorf("%s: term %d was written after a later one", key, term)
	}
	p.seen[key] = terms[max(0, len(terms)-1):]
}

// calm has all go on, and end in order.
func (p *parent) calm() {
	p.Helper()
	for _, c := range p.living {
		if c.stopped != 0 {
			p.goOn(c)
		}
		_ = c.stdin.Close()
	}
	for _, c := range p.living {
		hangs := time.AfterFunc(4*lease, func() { _ = c.cmd.Process.Kill() })
		if err := c.cmd.Wait(); err != nil {
			p.Errorf("%s: %v: %s", c.id, err, c.said.String())
		}
		hangs.Stop()
		c.died = monotonic()
	}
}

// everyName takes each name and both seats at once, and looks what is left.
func (p *parent) everyName() {
	p.Helper()
	p.open(func(s *lock.Space) {
		for _, name := range names {
			if err := s.Try(p.Context(), name, 3*lease, func(context.Context, lock.Term) error { return nil }); err != nil {
				p.Errorf("%s: %v", name, err)
			}
		}
		seats := s.Seats(pair, 2)
		if err := seats.Try(p.Context(), 3*lease, func(context.Context, lock.Term) error {
			return seats.Try(p.Context(), 3*lease, func(context.Context, lock.Term) error { return nil })
		}); err != nil {
			p.Errorf("%s: %v", pair, err)
		}
		p.cleaned(s)
	})
	if left := p.left(""); len(left) != 0 {
		p.Errorf("left: %q", left)
	}
}

// cleaned waits until nothing is left of those that are dead, while somebody lives.
func (p *parent) cleaned(s *lock.Space) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.Context(), 6*lease)
	defer cancel()
	began := monotonic()
	err := s.Try(ctx, "last", 0, func(ctx context.Context, _ lock.Term) error {
		for len(p.left("l:0:last")) > 0 {
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
				return fmt.Errorf("left: %q", p.left("l:0:last"))
			}
		}
		return nil
	})
	if err != nil {
		p.Error(err)
	}
	p.cleaning = monotonic() - began
}

// left are the fields of who holds and, in the long form, of who waits, but for one. A dead
// process waits for some leases until it is cleaned up.
func (p *parent) left(but string) []string {
	p.Helper()
	fields, err := p.rdb.HKeys(p.Context(), "incumbent:{locks}:space").Result()
	if err != nil {
		p.Error(err)
	}
	waits := redistest.Either("l:", "w:")
	return slices.DeleteFunc(fields, func(f string) bool {
		return f == but || !strings.HasPrefix(f, "l:") && !strings.HasPrefix(f, waits)
	})
}

// readJournals adds what all children noted to the history.
func (p *parent) readJournals() {
	p.Helper()
	for _, c := range p.all {
		text, err := os.ReadFile(c.journal)
		if err != nil && !os.IsNotExist(err) { // killed before it began
			p.Fatal(err)
		}
		open := map[int64]line{}
		for raw := range bytes.Lines(text) {
			var l line
			if err := json.Unmarshal(raw, &l); err != nil {
				p.Fatalf("%s: %v", raw, err)
			}
			p.takeIn(c, l, open)
		}
		for _, l := range open { // it died within
			p.history.works = append(p.history.works, work{c.id, l.Name, l.Seat, l.Term, l.T, c.died})
		}
	}
}

func (p *parent) takeIn(c *child, l line, open map[int64]line) {
	p.Helper()
	switch l.Kind {
	case "begin":
		open[l.N] = l
	case "end":
		p.history.works = append(p.history.works, work{c.id, l.Name, l.Seat, l.Term, open[l.N].T, l.T})
		delete(open, l.N)
	case "stalled":
		p.history.stills = append(p.history.stills, still{c.id, l.From, l.T})
	case "refused":
		p.refused++
	case "unsent":
		p.unsent++
	case "called":
		p.called++
	case "error":
		p.Errorf("%s, %s: %s", c.id, l.Name, l.Text)
	}
}
