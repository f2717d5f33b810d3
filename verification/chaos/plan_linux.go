package chaos

import (
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// strike is one fault of a plan.
type strike struct {
	after time.Duration // the one before
	fault fault
	aim   aim
	long  time.Duration // how long it lasts, if it does
	dir   int           // 0, 1: a way through the network; 2: both
	coin  float64       // whatever else chance decides, in [0, 1)
}

// aim says whom a fault happens to.
type aim struct {
	leader bool // whoever leads then
	slot   int  // else, or if nobody does
	all    bool // networks of all
}

// storm plans the faults of a round. It depends on nothing but seed and round.
func storm(o *Options, round int) (all []strike) {
	chance := rand.New(rand.NewPCG(o.Seed, uint64(round)))
	var choice []fault
	for _, f := range catalogue() {
		for range f.weight {
			if strings.Contains(f.kind, o.Only) {
				choice = append(choice, f)
			}
		}
	}
	length := time.Duration((4 + 10*chance.Float64()) * float64(o.Lease))
	for sum := time.Duration(0); sum < length && len(choice) > 0; {
		s := strike{
			after: time.Duration(-math.Log(1-chance.Float64()) * float64(o.Lease) / 4),
			fault: choice[chance.IntN(len(choice))],
			aim:   aim{leader: chance.IntN(5) < 3, slot: chance.IntN(o.Candidates), all: chance.IntN(6) == 0},
			long:  spread(chance, o.Lease/20, 2*o.Lease),
			dir:   chance.IntN(3),
			coin:  chance.Float64(),
		}
		sum += s.after
		all = append(all, s)
	}
	return all
}

// spread is a duration between a and b whose magnitude is even.
func spread(chance *rand.Rand, a, b time.Duration) time.Duration {
	return time.Duration(float64(a) * math.Exp(chance.Float64()*math.Log(float64(b)/float64(a))))
}
