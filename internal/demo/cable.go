package demo

import (
	"context"
	"errors"
	"net"
	"sync"
)

// errCut is what a candidate meets that was cut off from Redis.
var errCut = errors.New("cut off from Redis by the demonstration")

// A cable is one candidate's network: it can be cut and healed. Nothing else
// than the candidate itself learns of it, as with a real one.
type cable struct {
	mu    sync.Mutex
	cut   bool
	conns map[*cabled]struct{} // that are open
}

// cabled is a connection through a cable.
type cabled struct {
	net.Conn
	cable *cable
}

func newCable() *cable { return &cable{conns: map[*cabled]struct{}{}} }

func (c *cable) dial(ctx context.Context, d *net.Dialer, network, address string) (net.Conn, error) {
	if c.isCut() {
		return nil, errCut
	}
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut { // while we dialed
		_ = conn.Close() // nothing was sent on it
		return nil, errCut
	}
	cd := &cabled{Conn: conn, cable: c}
	c.conns[cd] = struct{}{}
	return cd, nil
}

func (c *cable) isCut() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cut
}

// sever breaks all connections and refuses new ones, until heal.
func (c *cable) sever() {
	c.mu.Lock()
	c.cut = true
	open := c.conns
	c.conns = map[*cabled]struct{}{}
	c.mu.Unlock()
	for conn := range open {
		_ = conn.Conn.Close() // its user learns of it from its next read or write
	}
}

func (c *cable) heal() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = false
}

// Close closes the connection.
func (c *cabled) Close() error {
	c.cable.mu.Lock()
	delete(c.cable.conns, c)
	c.cable.mu.Unlock()
	return c.Conn.Close()
}
