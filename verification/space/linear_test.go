package space

import (
	"math"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/verification/space/account"
)

// counter is a lock as its users see it: so many acquires may be before a release.
func counter(seats int) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return 0 },
		Step: func(state, input, _ any) (bool, any) {
			n := state.(int) + input.(int)
			return n >= 0 && n <= seats, n
		},
	}
}

// operations are the acquires, +1, and the releases, -1, of each name. The release of a process
// that has died takes effect at any time afterwards.
func operations(held []account.Held) (byName map[string][]porcupine.Operation, seats map[string]int) {
	byName, seats = map[string][]porcupine.Operation{}, map[string]int{}
	for i, h := range held {
		returned := int64(math.MaxInt64)
		if h.Returned > 0 {
			returned = int64(h.Returned)
		}
		seats[h.Name] = h.Seats
		byName[h.Name] = append(byName[h.Name],
			porcupine.Operation{ClientId: 2 * i, Input: 1, Call: int64(h.Asked), Return: int64(h.Begun)},
			porcupine.Operation{ClientId: 2*i + 1, Input: -1, Call: int64(h.Ended), Return: returned})
	}
	return byName, seats
}

// The acquires and releases of each name, in storms without stalls, are those of a lock.
func TestHistoriesAreThoseOfALock(t *testing.T) {
	for i := range redistest.Either(1, 20) {
		r := Run{Seed: uint64(4*i + 1), Span: 30 * time.Second}.Do(t)
		byName, seats := operations(r.Past)
		for name, ops := range byName {
			if is := porcupine.CheckOperationsTimeout(counter(seats[name]), ops, time.Minute); is != porcupine.Ok {
				t.Errorf("seed %d, %s: %v", r.Seed, name, is)
			}
		}
		if len(byName["hot0"]) < 100 {
			t.Errorf("%d operations show nothing", len(byName["hot0"]))
		}
	}
}

// Two works at once are none.
func TestAWrongHistoryIsNoticed(t *testing.T) {
	for seats, want := range map[int]porcupine.CheckResult{1: porcupine.Illegal, 2: porcupine.Ok} {
		byName, _ := operations([]account.Held{
			{Name: "a", Asked: 1, Begun: 2, Ended: 6, Returned: 7},
			{Name: "a", Asked: 3, Begun: 4, Ended: 5}, // its process dies
		})
		if is := porcupine.CheckOperationsTimeout(counter(seats), byName["a"], time.Minute); is != want {
			t.Errorf("%d seats: %v, want %v", seats, is, want)
		}
	}
}
