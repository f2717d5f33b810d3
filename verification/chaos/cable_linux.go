package chaos

import (
	"net"
	"slices"
	"sync"
	"time"
)

// cable is one connection through a proxy.
type cable struct {
	proxy *proxy
	ends  [2]*net.TCPConn // by the direction that leads there

	mu     sync.Mutex
	deaf   bool          // bytes were lost: nothing more arrives
	broken chan struct{} // closed by a reset
	cut    bool
}

func newCable(p *proxy, client, server *net.TCPConn) *cable {
	return &cable{proxy: p, ends: [2]*net.TCPConn{toServer: server, toClient: client}, broken: make(chan struct{})}
}

// packet is bytes on their way, or the end of them.
type packet struct {
	due  time.Time
	data []byte
	end  bool
}

// run carries bytes both ways until both have ended.
func (c *cable) run() {
	var ways sync.WaitGroup
	for _, d := range []direction{toServer, toClient} {
		flight := newQueue()
		ways.Go(func() { c.receive(d, flight) })
		ways.Go(func() { c.deliver(d, flight) })
	}
	ways.Wait()
	c.reset()
}

// receive takes what one end sends.
func (c *cable) receive(d direction, flight *queue) {
	from := c.ends[1-d]
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		faults, _ := c.proxy.now()
		due := time.Now().Add(faults.latency)
		if n > 0 {
			flight.push(packet{due: due, data: slices.Clone(b[:n])})
		}
		if err != nil {
			flight.push(packet{due: due, end: true})
			return
		}
	}
}

// deliver hands it to the other end, as the faults allow. An end that closes is
// bytes, too: it arrives after all that was sent before.
func (c *cable) deliver(d direction, flight *queue) {
	for {
		p := flight.pop()
		if !c.hold(d, p.due) {
			return
		}
		faults, _ := c.proxy.now()
		switch {
		case faults.swallows[d]:
			c.deafen()
		case c.isDeaf():
		case p.end:
			_ = c.ends[d].CloseWrite()
		default:
			c.write(d, p.data)
		}
		if p.end {
			return
		}
	}
}

// hold waits until a packet is due and nothing stalls it; false if it is lost.
func (c *cable) hold(d direction, due time.Time) bool {
	for {
		faults, changed := c.proxy.now()
		wait := time.NewTimer(time.Until(due))
		timer := wait.C
		if faults.stalled[d] {
			timer = nil
		} else if time.Until(due) <= 0 {
			wait.Stop()
			return !c.isBroken()
		}
		select {
		case <-timer:
		case <-changed:
		case <-c.broken:
			wait.Stop()
			return false
		}
		wait.Stop()
	}
}

func (c *cable) write(d direction, data []byte) {
	n, cut := c.proxy.spend(d, len(data))
	_, err := c.ends[d].Write(data[:n])
	if cut {
		c.reset()
	}
	if err != nil {
		_ = c.ends[1-d].Close() // the other side learns that nobody reads any more
	}
}

// reset breaks the connection. What is on its way is lost.
func (c *cable) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut {
		return
	}
	c.cut = true
	close(c.broken)
	abort(c.ends[toClient])
	abort(c.ends[toServer])
}

func (c *cable) isBroken() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cut
}

func (c *cable) deafen() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deaf = true
}

func (c *cable) isDeaf() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.deaf
}

// queue is what is on its way, in order. It never blocks who pushes.
type queue struct {
	mu      sync.Mutex
	arrived *sync.Cond
	packets []packet
}

func newQueue() *queue {
	q := &queue{}
	q.arrived = sync.NewCond(&q.mu)
	return q
}

func (q *queue) push(p packet) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.packets = append(q.packets, p)
	q.arrived.Signal()
}

func (q *queue) pop() packet {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.packets) == 0 {
		q.arrived.Wait()
	}
	p := q.packets[0]
	q.packets = q.packets[1:]
	return p
}
