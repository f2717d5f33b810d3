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
// Each connection has a place of its own among those of its process. What a fault
// held back for several of them arrives at the same instant, and goes on in that
// order.
func dialer(p *process, l *link.Link) func(context.Context, string, string) (net.Conn, error) {
	var dials atomic.Int64
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if err := ctx.Err(); err != nil {
			return deadConn{err: err}, nil // at once: a PubSub keeps its mutex meanwhile
		}
		place := time.Duration(dials.Add(1)%lanes) * time.Microsecond
		ctx, cancel := context.WithTimeout(ctx, dialPatience+place)
		defer cancel()
		conn, err := l.Dial(ctx, network, addr)
		time.Sleep(p.w.slots.after(place, p.n))
		if err != nil {
			return deadConn{err: err}, nil
		}
		return &placed{conn, p, place}, nil
	}
}

const dialPatience = 3 * time.Second

// network is one between a process and the server.
func (s *server) network(p *process) *link.Link {
	var served atomic.Int64
	serve := s.stub.Mini.Server().ServeConn
	return link.New(func(c net.Conn) {
		serve(&placed{c, p, time.Duration(served.Add(1)%lanes) * time.Microsecond})
	})
}

// placed is a connection whose reads end at instants of their own.
type placed struct {
	net.Conn

	p     *process
	place time.Duration
}

// Read reads.
func (c *placed) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	time.Sleep(c.p.w.slots.after(c.place, c.p.n))
	return n, err
}

// deadConn is a connection that never came about; nothing else of it is used.
type deadConn struct {
	net.Conn

	err error
}

func (d deadConn) Read([]byte) (int, error)       { return 0, d.err }
func (d deadConn) Write([]byte) (int, error)      { return 0, d.err }
func (deadConn) Close() error                     { return nil }
func (deadConn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (deadConn) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (deadConn) SetDeadline(time.Time) error      { return nil }
func (deadConn) SetReadDeadline(time.Time) error  { return nil }
func (deadConn) SetWriteDeadline(time.Time) error { return nil }
