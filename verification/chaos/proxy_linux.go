package chaos

import (
	"context"
	"net"
	"sync"
	"time"
)

// direction is one of the two ways through a proxy.
type direction int

const (
	toServer direction = iota
	toClient
)

// proxy is the network between one candidate and Redis, with faults on request. Its
// faults hold for all its connections; heal ends them.
type proxy struct {
	target   string
	listener net.Listener
	running  sync.WaitGroup

	mu      sync.Mutex
	faults  networkFaults
	closed  bool // nobody gets through
	cables  map[*cable]bool
	changed chan struct{} // closed and replaced when a fault begins or ends
}

// networkFaults are what is wrong with a network now.
type networkFaults struct {
	latency  time.Duration
	refuse   bool
	stalled  [2]bool // what comes is delivered when it is over
	swallows [2]bool // what comes is lost, and so is the connection
	cutAfter [2]int  // so many bytes more, then a reset; 0 is no fault
}

func startProxy(target string) (*proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{target: target, listener: l, cables: map[*cable]bool{}, changed: make(chan struct{})}
	p.running.Go(p.serve)
	return p, nil
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

// close ends the proxy and waits until nothing of it is left.
func (p *proxy) close() {
	_ = p.listener.Close()
	p.gate(true)
	p.reset()
	p.running.Wait()
}

func (p *proxy) serve() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.connect(c.(*net.TCPConn)) })
	}
}

// connect carries a connection, unless it is to be refused.
func (p *proxy) connect(client *net.TCPConn) {
	p.mu.Lock()
	refuse := p.closed || p.faults.refuse
	p.mu.Unlock()
	if refuse {
		abort(client)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var d net.Dialer
	s, err := d.DialContext(ctx, "tcp", p.target)
	if err != nil {
		abort(client)
		return
	}
	c := newCable(p, client, s.(*net.TCPConn))
	if !p.admit(c) {
		c.reset()
		return
	}
	c.run()
	p.mu.Lock()
	delete(p.cables, c)
	p.mu.Unlock()
}

// admit takes a new connection in, unless nobody gets through any more.
func (p *proxy) admit(c *cable) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.cables[c] = true
	}
	return !p.closed
}

// gate closes the way for connections to come, or opens it.
func (p *proxy) gate(closed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = closed
}

// strike begins a fault.
func (p *proxy) strike(begin func(*networkFaults)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	begin(&p.faults)
	close(p.changed)
	p.changed = make(chan struct{})
}

// heal ends all faults. What was stalled arrives; connections that have lost bytes
// break.
func (p *proxy) heal() {
	p.strike(func(f *networkFaults) { *f = networkFaults{} })
	p.resetDeaf()
}

// now returns the faults, and what is closed when they change.
func (p *proxy) now() (networkFaults, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.faults, p.changed
}

// spend counts n bytes of a connection that is to be cut, and returns how many of
// them still arrive.
func (p *proxy) spend(d direction, n int) (arrive int, cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	left := &p.faults.cutAfter[d]
	if *left == 0 || n < *left {
		if *left > 0 {
			*left -= n
		}
		return n, false
	}
	arrive, *left = *left, 0
	return arrive, true
}

func (p *proxy) open() (all []*cable) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.cables {
		all = append(all, c)
	}
	return all
}

// reset breaks all connections.
func (p *proxy) reset() {
	for _, c := range p.open() {
		c.reset()
	}
}

// halfOpen has the server close its side of all connections, and the candidate
// never hear of it.
func (p *proxy) halfOpen() {
	for _, c := range p.open() {
		c.deafen()
		_ = c.ends[toServer].Close()
	}
}

// locals are the addresses by which the server knows the connections.
func (p *proxy) locals() (all []string) {
	for _, c := range p.open() {
		all = append(all, c.ends[toServer].LocalAddr().String())
	}
	return all
}

// abort ends a connection without a good-bye.
func abort(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}

// resetDeaf breaks the connections that have lost bytes, unless they still do.
func (p *proxy) resetDeaf() {
	if faults, _ := p.now(); faults.swallows != [2]bool{} {
		return
	}
	for _, c := range p.open() {
		if c.isDeaf() {
			c.reset()
		}
	}
}
