package sim

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"example.com/incumbent/internal/link"
)

// dialer dials as an election's own client does: a dial that fails is a
// connection that fails, so that the pool does not stop trying.
//
// Each end of a connection has a site of its own in its process: what a fault held
// back for several of them arrives at the same instant, and goes on in that order.
func dialer(p *process, l *link.Link, e ends) func(context.Context, string, string) (net.Conn, error) {
	var dials atomic.Int64
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if err := ctx.Err(); err != nil {
			return link.Dead(err), nil // at once: a PubSub keeps its mutex meanwhile
		}
		at := e.site(int(dials.Add(1)))
		ctx, cancel := context.WithTimeout(ctx, p.w.slots.after(dialPatience, p.n, at))
		defer cancel()
		conn, err := l.Dial(ctx, network, addr)
		time.Sleep(p.w.slots.after(1, p.n, at))
		if err != nil {
			return link.Dead(err), nil
		}
		return &placed{conn, p, at}, nil
	}
}

const dialPatience = 3 * time.Second

// ends are one side of a process' connections.
type ends int

const (
	commandsClient ends = iota
	commandsServer
	hintsClient
	hintsServer
	allEnds
)

// site is that of one of these ends.
func (e ends) site(number int) site {
	const most = int(hashed-connections) / int(allEnds)
	return connections + site(number%most*int(allEnds)+int(e))
}

// network is one between a process and the server.
func (s *server) network(p *process, e ends) *link.Link {
	serve := s.stub.Mini.Server().ServeConn
	return link.New(func(c net.Conn) {
		serve(&placed{c, p, e.site(c.RemoteAddr().(*net.TCPAddr).Port)})
	})
}

// placed is a connection whose reads end at instants of their own.
type placed struct {
	net.Conn

	p  *process
	at site
}

// Read reads.
func (c *placed) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	time.Sleep(c.p.w.slots.after(1, c.p.n, c.at))
	return n, err
}
