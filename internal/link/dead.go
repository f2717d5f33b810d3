package link

import (
	"context"
	"net"
	"time"
)

// Dead returns a connection that never came about: whatever is done with it fails with err,
// except to close it and to set its deadlines. A dialer returns it in place of err to a pool
// that would go on dialing in a goroutine of its own.
func Dead(err error) net.Conn { return dead{err} }

// NeverFails returns a dialer whose failed dials are connections that fail, see [Dead].
func NeverFails(dial func(ctx context.Context, network, addr string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return Dead(err), nil
		}
		return conn, nil
	}
}

type dead struct{ err error }

func (d dead) Read([]byte) (int, error)       { return 0, d.err }
func (d dead) Write([]byte) (int, error)      { return 0, d.err }
func (dead) Close() error                     { return nil }
func (dead) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (dead) RemoteAddr() net.Addr             { return serverAddr() }
func (dead) SetDeadline(time.Time) error      { return nil }
func (dead) SetReadDeadline(time.Time) error  { return nil }
func (dead) SetWriteDeadline(time.Time) error { return nil }
