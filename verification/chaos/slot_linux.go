package chaos

import (
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"example.com/incumbent/verification/sim/check"
)

// slot is a place for a candidate: a network, and one process after another.
type slot struct {
	n     int
	proxy *proxy

	mu sync.Mutex // held by what happens to the process

	state   sync.Mutex
	now     *child
	proc    int // of the history
	stream  *stream
	started int  // how many processes were here
	ending  bool // the process is meant to end
	old     bool // its processes are of the older version
}

// stopPatience is when an orderly stop has certainly failed. How long it may take is
// the checker's business.
const stopPatience = time.Minute

// name is what people call the process.
func (c *slot) name() string {
	c.state.Lock()
	defer c.state.Unlock()
	return fmt.Sprintf("p%d", c.proc)
}

func (c *slot) tell(word string) {
	c.state.Lock()
	defer c.state.Unlock()
	if c.now != nil {
		c.now.tell(word)
	}
}

func (c *slot) signal(sig syscall.Signal) {
	c.state.Lock()
	defer c.state.Unlock()
	if c.now != nil {
		c.now.signal(sig)
	}
}

// spawnSlot starts a candidate in an empty slot.
func (w *world) spawnSlot(c *slot) {
	c.state.Lock()
	defer c.state.Unlock()
	proc := int(w.procs.Add(1))
	c.started++
	id := fmt.Sprintf("c%d.%d", c.n, c.started)
	journal := filepath.Join(w.dir, fmt.Sprintf("p%d.journal", proc))
	stream, err := w.judge.follow(proc, journal)
	if err != nil {
		w.fail(err)
		return
	}
	config := &candidateConfig{
		ID: id, Addr: c.proxy.addr(), Fence: w.socket(), Journal: journal,
		Seed: w.Seed<<20 + uint64(proc), Lease: w.Lease, Lingers: true,
	}
	program := ""
	if c.old {
		program = w.Old
		w.judge.isOlder(proc)
	}
	c.now, err = w.spawn.startChild(program, role{Candidate: config}, filepath.Join(w.dir, fmt.Sprintf("p%d.log", proc)))
	if err != nil {
		w.fail(err)
		return
	}
	c.proc, c.stream, c.ending = proc, stream, false
}

// vacate notes that the process of a slot is gone.
func (w *world) vacate(c *slot) {
	c.state.Lock()
	defer c.state.Unlock()
	w.judge.lost(c.stream, c.now.died)
	_ = c.now.stdin.Close()
	c.now = nil
}

func (c *slot) ends() *child {
	c.state.Lock()
	defer c.state.Unlock()
	c.ending = true
	return c.now
}

// crashSlot kills the process and starts another one after a while.
func (w *world) crashSlot(c *slot, after time.Duration) {
	c.ends().kill()
	w.vacate(c)
	w.sleep(after)
	w.spawnSlot(c)
}

// stopSlot stops the process in order.
func (w *world) stopSlot(c *slot) {
	p := c.ends()
	p.tell(cmdStop)
	if err := p.await(stopPatience); err != nil {
		w.judge.complain(check.Stop, fmt.Sprintf("p%d does not end within %v of being told to", c.proc, stopPatience))
		p.kill()
	} else if !p.cmd.ProcessState.Success() {
		w.judge.complain(check.Leak, fmt.Sprintf("p%d ends with %s", c.proc, p.status()))
	}
	w.vacate(c)
}

func (w *world) restartSlot(c *slot, after time.Duration) {
	w.stopSlot(c)
	w.sleep(after)
	w.spawnSlot(c)
}

// freeze stops the process with a signal, and lets it go on later.
func (w *world) freeze(c *slot, d time.Duration) {
	c.signal(syscall.SIGSTOP)
	w.sleep(d)
	c.signal(syscall.SIGCONT)
}

// inspect complains about a process that has ended by itself.
func (w *world) inspect(c *slot) {
	c.state.Lock()
	defer c.state.Unlock()
	if c.now != nil && !c.ending && c.now.gone() {
		c.ending = true
		w.judge.complain(check.Leak, fmt.Sprintf("p%d has ended by itself: %s", c.proc, c.now.status()))
	}
}
