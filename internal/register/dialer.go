package register

import (
	"context"
	"net"
	"syscall"
	"time"
)

// A dialer makes the connections of a session's own client. They end with the
// session: a client ends what it reads at a deadline only, and a session that
// stops does not wait for one.
//
// A failed dial becomes a connection that fails with the same error. A pool counts
// failed dials, and after a few it refuses to try for up to a second, which a short
// trust does not have; and it goes on trying in a goroutine that outlives its
// client.
type dialer struct {
	dial    func(ctx context.Context, network, addr string) (net.Conn, error)
	session context.Context //nolint:containedctx // ends the connections
}

func (d dialer) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return deadConn{err: err}, nil // the client's own dialer doesn't look at it if it uses TLS
	}
	conn, err := d.dial(ctx, network, addr)
	if err != nil {
		return deadConn{err: err}, nil
	}
	discardAtClose(conn)
	tied := tiedConn{conn, context.AfterFunc(d.session, func() { _ = conn.Close() })}
	if socket, ok := conn.(syscall.Conn); ok {
		return tiedSocket{tied, socket}, nil
	}
	return tied, nil
}

// discardAtClose has the kernel drop what was not sent when the connection is closed.
// Else it goes on sending for minutes: a beat of a leader that is long gone arrives when
// a fault has healed, and everybody waits a lease for it.
func discardAtClose(conn net.Conn) {
	for {
		switch c := conn.(type) {
		case *net.TCPConn:
			_ = c.SetLinger(0) // it is closed already if that fails
			return
		case interface{ NetConn() net.Conn }: // TLS
			conn = c.NetConn()
		default:
			return
		}
	}
}

// tiedConn is a connection that ends with its session.
type tiedConn struct {
	net.Conn

	untie func() bool
}

func (c tiedConn) Close() error {
	c.untie()
	return c.Conn.Close()
}

// NetConn returns what it is made of, as a [crypto/tls.Conn] does.
func (c tiedConn) NetConn() net.Conn { return c.Conn }

// tiedSocket is one that a pool can ask whether the other side has closed it.
type tiedSocket struct {
	tiedConn
	syscall.Conn
}

// deadConn is a connection that never came about.
type deadConn struct {
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
