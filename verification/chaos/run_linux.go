package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"example.com/incumbent/verification/sim/check"
)

// Options are what a run is told.
type Options struct {
	For         time.Duration // how long; a calm comes after it
	Seed        uint64        // of the plan
	Candidates  int           // how many; default 5
	Lease       time.Duration // default 2 s
	RedisServer string        // the path of redis-server
	Dir         string        // where the journals go; kept if something was found, also if it is excused, or Keep
	Keep        bool
	Only        string    // faults whose kind has this in it; empty: all
	JSON        string    // a file for the summary, also while the run goes on
	Old         string    // a program of an older version, as which every second candidate runs; empty: none
	Progress    io.Writer // a line now and then; nil: none
}

// flushEvery is how often the summary is written while a run goes on.
const flushEvery = 10 * time.Second

// Run does a whole run. It ends early when ctx ends, or at the first violation of more
// than a bound in time; the summary says how long it was. The error is of the run itself. [RunRole] has to be
// called first in the program.
func Run(ctx context.Context, o Options) (*Summary, error) {
	o.Candidates = max(o.Candidates, 0)
	if o.Candidates == 0 {
		o.Candidates = 5
	}
	if o.Lease == 0 {
		o.Lease = 2 * time.Second
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(o.Dir, "run")
	if err != nil {
		return nil, err
	}
	history, err := os.Create(filepath.Join(dir, "history"))
	if err != nil {
		return nil, err
	}
	defer history.Close()
	w := &world{Options: o, dir: dir, spawn: newSpawner(), judge: newJudge(o.Lease, history)}
	s, err := w.run(ctx)
	if err == nil && !s.remarkable() && !o.Keep {
		s.Logs = ""
		err = os.RemoveAll(dir)
	}
	if err == nil && o.JSON != "" {
		err = s.Write(o.JSON)
	}
	return s, err
}

func (w *world) run(ctx context.Context) (*Summary, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w.ctx, w.began = ctx, monotonic()
	defer w.destroy()
	if err := w.build(); err != nil {
		return w.summary(), err
	}
	behind, stop := context.WithCancel(context.Background())
	var helpers sync.WaitGroup
	helpers.Go(func() { w.mark(behind) })
	helpers.Go(func() { w.follow(behind, cancel) })
	helpers.Go(func() { watch(behind, w.judge.parentLate, w.judge.tick) })
	w.live()
	w.conclude()
	stop()
	helpers.Wait()
	w.judge.last()
	if err := w.judge.pump(); err != nil {
		w.fail(err)
	}
	w.judge.finish()
	return w.summary(), w.failure()
}

// follow judges, reports, and ends a run that has failed.
func (w *world) follow(ctx context.Context, end func()) {
	flushed := monotonic()
	for ctx.Err() == nil {
		pause(ctx, tickEvery)
		for _, c := range w.slots {
			w.inspect(c)
		}
		if err := w.judge.pump(); err != nil {
			w.fail(err)
		}
		if w.failure() != nil || w.judge.grave() {
			end()
		}
		if now := monotonic(); now-flushed >= flushEvery {
			flushed = now
			w.flush()
		}
	}
}

// flush writes what there is to say so far.
func (w *world) flush() {
	s := w.summary()
	if w.JSON != "" {
		if err := s.Write(w.JSON); err != nil {
			w.fail(err)
		}
	}
	if w.Progress != nil {
		fmt.Fprintf(w.Progress, "%s: %d rounds, %d faults, %d terms (%d takeovers), %d stale writes refused, %d overlaps explained, %d violations\n",
			s.Ran, s.Rounds, total(s.Faults), s.Terms, s.Takeovers, s.Refused, total(s.Breaches), len(s.Violations))
	}
}

// live lets storms and calms follow each other for as long as the run lasts.
func (w *world) live() {
	for _, c := range w.slots {
		w.spawnSlot(c)
	}
	for w.ran() < w.For {
		w.storm()
		w.lull()
		if w.ctx.Err() != nil {
			return
		}
		w.rounds.Add(1)
	}
}

func (w *world) ran() time.Duration { return monotonic() - w.began }

// storm lets the faults of a round come, and waits until the last is over.
func (w *world) storm() {
	w.judge.tell(check.Storm{})
	for _, s := range storm(&w.Options, int(w.rounds.Load())) {
		w.sleep(s.after)
		if w.ctx.Err() != nil || w.ran() > w.For {
			break
		}
		w.strikes.Go(func() { s.fault.do(w, s) })
	}
	w.strikes.Wait()
	for _, c := range w.slots {
		c.proxy.heal()
	}
}

// settling is what bytes that were held back need to arrive.
const settling = 100 * time.Millisecond

// lull lets time pass until somebody must lead; then it tries how a leader is
// followed by the next with nothing else going wrong.
func (w *world) lull() {
	w.sleep(settling)
	w.unpause()
	w.judge.tell(check.Calm{})
	bound := check.Bound(w.Lease, true)
	w.let(bound + time.Second)
	chance := rand.New(rand.NewPCG(w.Seed, uint64(w.rounds.Load())+1<<32))
	c := w.target(aim{leader: true})
	switch chance.IntN(4) {
	case 0:
		w.crashSlot(c, w.Lease/4)
	case 1:
		w.restartSlot(c, w.Lease/4)
	case 2:
		w.slots[chance.IntN(len(w.slots))].tell(cmdStepDown)
	case 3:
		c.tell(cmdRecall)
	}
	w.let(bound + time.Second)
}

// conclude stops everything in order.
func (w *world) conclude() {
	w.judge.tell(check.Storm{})
	w.strikes.Wait()
	var stops sync.WaitGroup
	for _, c := range w.slots {
		c.proxy.heal()
		stops.Go(func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.now != nil {
				w.stopSlot(c)
			}
		})
	}
	stops.Wait()
	w.drain()
}

// drain waits until all that happened is judged.
func (w *world) drain() {
	done := make(chan struct{})
	w.judge.then(func() { close(done) })
	select {
	case <-done:
	case <-time.After(startTimeout):
		w.fail(errors.New("chaos: what has happened can't be judged to the end"))
	}
}

// summary is what there is to say now.
func (w *world) summary() *Summary {
	s := w.judge.summary()
	s.Seed, s.Candidates, s.Lease = w.Seed, w.Candidates, w.Lease.String()
	ran := w.ran()
	s.Asked, s.Ran, s.RanSeconds = w.For.String(), ran.Round(time.Second).String(), ran.Seconds()
	s.Complete = ran >= w.For
	s.Rounds, s.Processes, s.Logs, s.Redis = int(w.rounds.Load()), int(w.procs.Load()), w.dir, w.version
	s.BoundMS = milliseconds(check.Bound(w.Lease, true))
	return s
}
