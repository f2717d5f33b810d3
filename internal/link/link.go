// Package link is a network in memory between clients and one server, with
// faults on request. It is made for tests in a testing/synctest bubble, where
// real sockets cannot be used and net.Pipe blocks its writers. Tests on real servers and the
// examples use it too: then something on its server's side passes the bytes on.
//
// # Model
//
// Every connection has a stream each way. A write never blocks: it puts its
// bytes on their way, as one chunk, which arrives a latency later and after
// all that was sent before it. A read takes what has arrived, or waits. Nobody
// carries the chunks: it is the reader that looks at the clock, so a Link has
// no goroutine and nothing of it stays behind once its connections are closed.
//
// The end of a connection travels like its bytes: after a Close, the other
// side reads what is on its way, then io.EOF.
//
// # Faults
//
// All faults belong to a Link, not to one connection. Give each client of a
// test a Link of its own to the same server, and one of them can be cut off
// while the others go on. [Link.Heal] ends every fault.
//
// The faults show up as they do on TCP: reads and writes of a connection that
// broke return an error that is syscall.ECONNRESET, a dial that is turned away
// one that is syscall.ECONNREFUSED, and whatever takes too long one that is
// os.ErrDeadlineExceeded or the error of the dial's context.
package link

import (
	"context"
	"net"
	"sync"
	"syscall"
	"time"
)

// Addr is where the server of every Link seems to listen. It is numeric so
// that no client resolves it: package net keeps what a resolver made in one
// bubble, and panics in the next.
const Addr = "10.0.0.1:6379"

// Direction is one of the two ways through a Link.
type Direction int

// The directions that a fault can be limited to.
const (
	ToServer Direction = iota
	ToClient
)

// Link is the network between the clients that dial through it and one server.
// Its methods may be called at any time and from any goroutine.
type Link struct {
	serve func(net.Conn)

	// mu guards all that follows and the state of every connection. Nobody
	// waits while holding it, nor calls the server.
	mu      sync.Mutex
	latency time.Duration
	faults  faults
	conns   []*conn // by age; those with an end that is not closed yet
	dials   int     // tells the clients' ports apart
	changed signal  // for the dials that wait
}

// New returns a Link without latency or faults. Each dial calls serve with the
// server's end of the new connection; serve must not block. The method
// Server().ServeConn of a miniredis fits.
func New(serve func(net.Conn)) *Link {
	return &Link{serve: serve}
}

// Dial connects to the server, whatever address is asked for. It takes one
// latency, hangs for as long as bytes are stalled or swallowed in either
// direction, and fails when ctx ends. It fits the Dialer of a redis.Options.
func (l *Link) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	number, arrival := l.number(), l.arrival()
	for {
		if err := ctx.Err(); err != nil {
			return nil, dialError(err)
		}
		c, blocked, err := l.connect(number, arrival)
		if err != nil {
			return nil, dialError(err)
		}
		if c != nil {
			l.serve(c.server) // without mu: a server may lock its own things
			return c.client, nil
		}
		blocked.wait(ctx.Done())
	}
}

// SetLatency makes every chunk sent from now on take d to arrive, and every
// dial begun from now on take d to succeed.
func (l *Link) SetLatency(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.latency = d
}

// Conns returns how many connections are up: closed by neither side and not
// broken by a fault.
func (l *Link) Conns() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	up := 0
	for _, c := range l.conns {
		if !c.broken && !c.client.closed && !c.server.closed {
			up++
		}
	}
	return up
}

// Dials returns how many dials were begun.
func (l *Link) Dials() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dials
}

// arrival is when something sent now reaches the other side.
func (l *Link) arrival() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.arrivalLocked()
}

func (l *Link) arrivalLocked() time.Time { return time.Now().Add(l.latency) }

// number counts a dial. It is the dial that has a number and not the connection:
// those that were held up together end in no particular order.
func (l *Link) number() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dials++
	return l.dials
}

// connect opens a connection, or says what to wait for first.
func (l *Link) connect(number int, arrival time.Time) (*conn, block, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case time.Now().Before(arrival):
		return nil, block{l.changed.wait(), arrival}, nil
	case l.faults.down:
		return nil, block{}, syscall.ECONNREFUSED
	case l.faults.holdsDials():
		return nil, block{changed: l.changed.wait()}, nil
	}
	c := newConn(l, number)
	l.conns = append(l.conns, c)
	return c, block{}, nil
}
