package electiontest

import (
	"math/rand/v2"
	"time"
)

// longestFault is how long one thing that goes wrong lasts before the next.
const longestFault = 10 * time.Second

// InjectFaults breaks something every few seconds for d: networks are cut, stalled,
// lose what is sent, lose replies and become slow; members are stopped and started
// again; Redis forgets everything. Then it heals all and waits until a member leads. No
// two members may work at once, whatever happens: no process is paused.
//
// The same seed brings the same faults at the same times; who leads then may
// differ.
func (f *Fleet) InjectFaults(seed uint64, d time.Duration) {
	f.tb.Helper()
	random := rand.New(rand.NewPCG(seed, 0))
	for end := time.Now().Add(d); time.Now().Before(end); {
		f.fault(random)
		time.Sleep(time.Duration(random.Int64N(int64(longestFault))))
	}
	f.Heal()
	f.AwaitLeader()
}

// fault lets one thing go wrong, or be right again: else nobody ever led.
func (f *Fleet) fault(random *rand.Rand) {
	m := f.Members[random.IntN(len(f.Members))]
	n := 1 + random.IntN(3)
	faults := []func(){
		m.Cut, m.Stall, m.BlackHole, m.Heal, f.Heal, f.Heal, f.Heal,
		func() { m.LoseReplies(n) },
		func() { m.SetLatency(time.Duration(n) * 10 * time.Millisecond) },
		func() { m.Stop(); m.Start() },
		func() { f.forget(n) },
	}
	faults[random.IntN(len(faults))]()
}

// forget happens less often than the rest: everybody waits a lease for it.
func (f *Fleet) forget(n int) {
	if n == 1 {
		f.checker.tell("", "Redis FORGETS everything")
		f.Redis.FlushAll()
	}
}
