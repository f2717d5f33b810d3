package sim

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/verification/linear"
	"example.com/incumbent/verification/linear/lineartest"
)

// The register that stands in for a server is one: what processes are told,
// through wires that lose, delay and double, can be explained by one request
// after the other. The same check is made of Redis in package linear.
func TestRegisterIsLinearizable(t *testing.T) {
	first := lineartest.From(1)
	requests, unknown, verdicts := 0, 0, map[linear.Verdict]int{}
	for i := range uint64(lineartest.Histories(share(100))) {
		var h *linear.History
		synctest.Test(t, func(*testing.T) { h = history(first + i) })
		n, u := h.Len()
		requests, unknown = requests+n, unknown+u
		v := h.Check(20 * time.Second)
		if verdicts[v]++; v != linear.Linearizable {
			t.Errorf("seed %d is %s:\n%s", first+i, v, h)
		}
	}
	t.Logf("%d requests, %d of unknown outcome: %v", requests, unknown, verdicts)
	if unknown*100 < requests {
		t.Error("too few answers were lost")
	}
}

// history is what four processes are told by a register.
func history(seed uint64) *linear.History {
	w := newWorld(seed, 0)
	r := newMapServer(w)
	w.store = r
	w.profile.leases = []time.Duration{300 * time.Millisecond} // within which doubles come
	s := linear.Server{Put: func(_, bytes string) { r.put(bytes, "put") }, Drop: func(string) { r.drop("drop") }}
	for n := range 4 {
		p := &process{w: w, n: n + 1, clock: newClock(w, n+1, 1)}
		client := r.join(p).client.(registered)
		s.Clients = append(s.Clients, user(client.port))
		client.port.commands.SetLatency(time.Millisecond)
	}
	h := linear.Workload{Seed: seed, Keys: []string{key}, Requests: 15, Attempt: 200 * time.Millisecond, Pause: 50 * time.Millisecond, Faults: true}.Run(s)
	time.Sleep(time.Hour) // what is late arrives
	return h
}

// user is a process as package linear uses it. Each wire may double what it
// carries.
func user(p *port) linear.Client {
	return linear.Client{
		Do: func(ctx context.Context, asks []linear.Ask) []linear.Seen {
			seen := make([]linear.Seen, len(asks))
			for i, a := range asks {
				if a.Look {
					seen[i].Contents, _, seen[i].Err = p.look(ctx, a.Key)
				} else {
					seen[i].Contents, seen[i].Err = p.cas(ctx, a.Expect, a.Next, channel)
				}
			}
			return seen
		},
		Extra:   1,
		Network: p.commands,
	}
}
