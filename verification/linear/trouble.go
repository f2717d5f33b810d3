package linear

import (
	"math/rand/v2"
	"time"

	"example.com/incumbent/internal/link"
)

// A Network is between a client and the server, and fails on request, as a
// [link.Link] does.
type Network interface {
	// Reset breaks what is connected.
	Reset()
	// Stall holds what is on its way.
	Stall(dirs ...link.Direction)
	// Resume lets it arrive.
	Resume(dirs ...link.Direction)
	// Swallow loses what is sent.
	Swallow(dirs ...link.Direction)
	// Heal ends every fault.
	Heal()
	// SetLatency delays what is sent.
	SetLatency(d time.Duration)
	// LoseReplies loses the next answers.
	LoseReplies(n int)
}

// trouble has networks fail until all is done.
func (w Workload) trouble(s Server, done <-chan struct{}) {
	random := w.random(200)
	for rest(random, w.Attempt/2, done) {
		n := s.Clients[random.IntN(len(s.Clients))].Network
		if s.Disturb != nil && random.IntN(3) == 0 {
			s.Disturb(random)
		}
		w.fail(n, random)
		if random.IntN(3) == 0 {
			n.Heal()
		}
	}
}

// fail has one network fail in one way.
func (w Workload) fail(n Network, random *rand.Rand) {
	dir := []link.Direction{link.ToServer, link.ToClient}[random.IntN(2)]
	switch random.IntN(8) {
	case 0:
		n.Reset()
	case 1:
		n.Stall(dir) // what is on its way arrives later, perhaps after its sender gave up
	case 2:
		n.Swallow(dir)
	case 3:
		n.SetLatency(time.Duration(random.Int64N(int64(w.Attempt / 10))))
	case 4:
		if c, can := n.(interface{ CutAfter(n int) }); can {
			c.CutAfter(random.IntN(120)) // in the midst of an answer
		}
	case 5:
		if d, can := n.(interface{ Double(n int) }); can {
			d.Double(1 + random.IntN(3))
		}
	default:
		n.LoseReplies(1 + random.IntN(2))
	}
}
