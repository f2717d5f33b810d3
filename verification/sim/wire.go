package sim

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"example.com/incumbent/internal/link"
)

// wire is a network between one process and the register. Unlike a connection it
// keeps no order: each request goes its own way.
type wire struct {
	w *World
	p *process

	mu        sync.Mutex
	latency   time.Duration
	down      bool
	stalled   [2]bool
	swallowed [2]bool
	held      [2][]func()
	lose      int           // answers or hints still to be lost
	double    int           // requests or hints still to be doubled
	epoch     int           // rises with every break: what is on its way is lost
	broken    chan struct{} // closed by the next break
	deafUntil time.Time     // hints are lost until the subscription is made again
	ears      []*subscription
	sent      map[uint64]uint64 // how often each packet was
}

var _ route = (*wire)(nil)

var (
	errRefused = errors.New("connection refused")
	errReset   = errors.New("connection reset by peer")
)

func newWire(w *World, p *process) *wire {
	return &wire{w: w, p: p, broken: make(chan struct{}), sent: map[uint64]uint64{}}
}

// request has the server execute something and waits for the answer, as long as
// ctx lasts. What is on its way may be executed after that. The text says what it
// is: how long a packet takes depends on it, not on which of two is sent first.
func (n *wire) request(ctx context.Context, text string, f fate, execute func() answer) answer {
	broken, up := n.dial()
	if !up {
		n.p.sleep(ctx, time.Millisecond)
		return answer{err: errRefused}
	}
	answers := make(chan answer, 4)
	id := hash(text)
	run := func() { n.reply(id, f, execute(), answers) }
	if !f.drop {
		n.send(link.ToServer, id, f.hold, run)
	}
	if again := n.doubles(id, f); again > 0 {
		n.send(link.ToServer, id, f.hold+again, run)
	}
	select {
	case a := <-answers:
		return a
	case <-broken:
		n.p.sleep(ctx, time.Microsecond)
		return answer{err: errReset}
	case <-ctx.Done():
		return answer{err: context.Cause(ctx)}
	}
}

// reply sends an answer back, unless it is to be lost.
func (n *wire) reply(id uint64, f fate, a answer, answers chan<- answer) {
	if f.lose || n.loses() {
		if f.silent {
			return
		}
		a = answer{err: errReset}
	}
	n.send(link.ToClient, id, 0, func() {
		select {
		case answers <- a:
		default:
		}
	})
}

// dial returns what the next break closes; false when nothing answers.
func (n *wire) dial() (<-chan struct{}, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.broken, !n.down
}

func (n *wire) loses() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.lose == 0 {
		return false
	}
	n.lose--
	return true
}

// doubles is how long after a request its double comes, or 0.
func (n *wire) doubles(id uint64, f fate) time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	if f.double == 0 && n.double > 0 {
		n.double--
		f.double = n.latency + n.random(id, n.w.profile.leases[0])
	}
	return f.double
}

// send lets something arrive a latency later, and after what it is held back for. A
// process that has crashed sends nothing: faults that end heal its wire, too.
func (n *wire) send(dir link.Direction, id uint64, hold time.Duration, land func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.swallowed[dir] || n.down || n.p.dead.Load() {
		return
	}
	epoch := n.epoch
	n.sendLocked(dir, id, n.latency+n.random(id+uint64(dir), n.latency)+hold, func() {
		if !n.isBroken(epoch) {
			land()
		}
	})
}

func (n *wire) sendLocked(dir link.Direction, id uint64, d time.Duration, land func()) {
	if n.stalled[dir] {
		n.held[dir] = append(n.held[dir], land)
		return
	}
	n.w.after(d, n.p.n, siteOf(id), func() { n.arrive(dir, land) })
}

// arrive lands, unless a stall has begun meanwhile.
func (n *wire) arrive(dir link.Direction, land func()) {
	n.mu.Lock()
	if n.stalled[dir] {
		n.held[dir] = append(n.held[dir], land)
		n.mu.Unlock()
		return
	}
	n.mu.Unlock()
	land()
}

func (n *wire) isBroken(epoch int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.epoch != epoch
}

// random is a duration below d that depends on the packet and on how often it was
// sent before.
func (n *wire) random(id uint64, d time.Duration) time.Duration {
	if len(n.sent) > 1<<12 {
		clear(n.sent)
	}
	n.sent[id]++
	return time.Duration(fraction(mix(n.w.Seed, uint64(n.p.n), n.sent[id], id)) * float64(d))
}

// hint identifies what is published, tokens and nonces left out: these are other
// ones in every run.
func (n *wire) hint(text string) uint64 {
	if strings.HasPrefix(text, "1 1 ") || strings.HasPrefix(text, "2 1 ") || strings.HasPrefix(text, "3 1 ") {
		return hash("heir " + text[:1] + n.w.history.State(true, text[2:]).String())
	}
	if word, _, _ := strings.Cut(text, " "); len(word) > 1 {
		return hash(word)
	}
	return hash("hint " + n.w.history.State(true, text).String())
}

// push sends a hint, or an empty one for a subscription that begins.
func (n *wire) push(s *subscription, bytes string) {
	n.mu.Lock()
	if bytes == "" {
		n.ears = append(n.ears, s)
	}
	deaf := bytes != "" && time.Now().Before(n.deafUntil)
	twice := bytes != "" && n.double > 0
	if twice {
		n.double--
	}
	n.mu.Unlock()
	if deaf || bytes != "" && n.loses() {
		return
	}
	hear := func() { s.hear(bytes) }
	id := n.hint(bytes)
	n.send(link.ToClient, id, 0, hear)
	if twice {
		n.send(link.ToClient, id, n.w.profile.latency*3, hear)
	}
}
