package election

// Shows S1 to S5: clocks at all rates that are allowed, hours of faults of every kind, and no
// overlap.

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/redistest"
)

// fleet is some candidates that stand for hours, on clocks of all rates that are
// allowed, while faults of every kind come and go.
type fleet struct {
	*world
	random *rand.Rand // of the faults, used by one goroutine
	all    []*candidate
	stalls bool // processes are stalled, too

	mu       sync.Mutex
	fenced   resource
	acts     int
	rejected int
}

const fleetLease = 10 * time.Second

// To search for longer: go test -run FleetOutlives ./election -args -from 100 -seeds 100.
var (
	fleetFrom  = flag.Uint64("from", 0, "the first `seed` of TestFleetOutlivesAllFaults")
	fleetSeeds = flag.Uint64("seeds", 0, "how `many` seeds TestFleetOutlivesAllFaults has (0: the usual number)")
)

func TestFleetOutlivesAllFaults(t *testing.T) {
	t.Parallel()
	seeds := cmp.Or(*fleetSeeds, redistest.Either[uint64](1, 10))
	for seed := *fleetFrom; seed < *fleetFrom+seeds; seed++ {
		for _, stalls := range []bool{false, true} {
			t.Run(fmt.Sprintf("seed %d stalls %v", seed, stalls), func(t *testing.T) {
				bubble(t, func(w *world) {
					f := &fleet{world: w, random: rand.New(rand.NewPCG(seed, 7)), stalls: stalls}
					f.live(seed, 20*time.Minute)
				})
			})
		}
	}
}

// live is the life of a fleet: whenever faults leave it alone for long enough,
// somebody leads.
func (f *fleet) live(seed uint64, d time.Duration) {
	f.zombies = f.stalls // the works of stalled processes stand still in the middle of things
	for i := range 4 {
		c := f.candidate(fmt.Sprint("candidate ", i), quarantine, lease(fleetLease), seeded(seed*10+uint64(i)),
			rate(0.95+0.1*f.random.Float64()), latency(time.Duration(1+f.random.IntN(2e7))))
		f.all = append(f.all, c)
		c.keep(f.work(c, rand.New(rand.NewPCG(seed, uint64(i)))))
	}
	for f.since() < d {
		for range 1 + f.random.IntN(30) {
			f.fault()
			time.Sleep(time.Duration(f.random.Int64N(int64(8 * time.Second))))
		}
		f.recover()
	}
	if n := len(f.terms()); n < int(d/(10*time.Minute)) {
		f.Errorf("%d terms in %v: the faults let nobody lead", n, d)
	}
	if f.stalls == (f.rejected == 0) {
		f.Errorf("%d writes of deposed leaders were refused, stalls %v", f.rejected, f.stalls)
	}
	f.Logf("%d terms, %d acts, %d refused", len(f.terms()), f.acts, f.rejected)
}

// work acts as long as its context allows, then takes up to its whole grace to
// end. Sometimes it ends by itself, or fails.
func (f *fleet) work(c *candidate, random *rand.Rand) Work {
	return func(ctx context.Context, term Term) error {
		for ctx.Err() == nil {
			f.act(c, term)
			time.Sleep(time.Duration(1+random.IntN(1000)) * time.Millisecond)
			f.write(c, term)
			if random.IntN(600) == 0 {
				return errBoom
			}
		}
		if !f.stalls {
			time.Sleep(c.clock.Timer(time.Duration(random.Int64N(int64(c.Timing().Grace)))))
		}
		return nil
	}
}

// act is something that only the leader may do: nobody with a later term may have
// begun.
func (f *fleet) act(c *candidate, term Term) {
	if latest := f.latest(); latest != term {
		f.Errorf("%v: %s acts in term %d after %d was elected", f.since(), c.ID(), term, latest)
	}
}

// write is what comes of an act a moment later, without another look at the
// context: too late if the process was stalled meanwhile. Then the resource
// refuses it.
func (f *fleet) write(c *candidate, term Term) {
	c.clock.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fenced.write(f.latest())
	f.acts++
	if !f.fenced.write(term) {
		f.rejected++
	}
}

// latest is the term that was elected last.
func (f *fleet) latest() Term {
	all := f.terms()
	return all[len(all)-1].term
}

// fault lets something bad happen.
func (f *fleet) fault() {
	c := f.all[f.random.IntN(len(f.all))]
	faults := []func(){
		c.cut, c.swallow, c.reset, c.heal, c.heal, c.heal,
		func() { c.link.Stall() },
		func() { c.link.Stall(link.ToClient) },
		func() { c.link.Swallow(link.ToServer) },
		func() { c.link.LoseReplies(1 + f.random.IntN(3)) },
		func() { c.link.CutAfter(f.random.IntN(60)) },
		func() { c.pushes.Swallow() },
		func() { c.pushes.Stall() },
		func() { _ = f.all[0].StepDown(f.Context(), "") },
		func() { c.clock.StepWall(-time.Hour) },
		func() { c.clock.StepWall(time.Minute) },
		func() {
			for _, c := range f.all {
				c.cut()
			}
		},
		func() {
			f.refuse(scripts("LOADING Redis is loading the dataset in memory"))
			time.AfterFunc(10*time.Second, func() { f.refuse(nil) })
		},
		f.flushSometimes,
	}
	if f.stalls {
		faults = append(faults, f.stallOne, f.stallOne, f.stallOne)
	}
	faults[f.random.IntN(len(faults))]()
}

func (f *fleet) flushSometimes() {
	if f.random.IntN(3) == 0 {
		f.flush()
	}
}

// stallOne stalls the leader if there is one.
func (f *fleet) stallOne() {
	d := time.Duration(f.random.Int64N(int64(2 * fleetLease)))
	for _, c := range f.all {
		if c.leadership.Load() != nil {
			c.clock.Stall(d)
			return
		}
	}
}

// recover ends all faults and expects a leader.
func (f *fleet) recover() {
	f.Helper()
	for _, c := range f.all {
		c.heal()
	}
	f.refuse(nil)
	time.Sleep(2 * fleetLease) // the longest stall and refusal
	time.Sleep(healBound(f.all[0]) + f.all[0].Elector.cfg.CoolDown)
	for _, c := range f.all {
		if c.IsLeader() {
			return
		}
	}
	f.Errorf("%v: nobody leads %v after the last fault; record %v", f.since(), healBound(f.all[0]), f.record())
}
