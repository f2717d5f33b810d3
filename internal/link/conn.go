package link

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"time"
)

// firstPort is where the clients' ports begin, as those of most systems do.
const firstPort = 49152

// conn is one connection. The Link's mutex guards it, its streams and ends.
type conn struct {
	link           *Link
	streams        [2]stream // by Direction
	client, server *end
	broken         bool // by a reset; nothing is sent any more
	losing         bool // the reply to the latest request
}

func newConn(l *Link, number int) *conn {
	c := &conn{link: l, streams: [2]stream{{dir: ToServer}, {dir: ToClient}}}
	toServer, toClient := &c.streams[ToServer], &c.streams[ToClient]
	client := &net.TCPAddr{IP: net.IPv4(10, 0, 0, 2), Port: firstPort + number}
	c.client = &end{conn: c, in: toClient, out: toServer, local: client, remote: serverAddr()}
	c.server = &end{conn: c, in: toServer, out: toClient, local: serverAddr(), remote: client}
	return c
}

func serverAddr() *net.TCPAddr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(Addr))
}

// end is one side of a connection.
type end struct {
	conn          *conn
	in, out       *stream
	local, remote *net.TCPAddr

	// The Link's mutex guards these.
	closed          bool
	readBy, writeBy time.Time // deadlines; zero is none
}

var _ net.Conn = (*end)(nil)

func (e *end) Read(b []byte) (int, error) {
	for {
		n, blocked, err := e.tryRead(b)
		if err != nil {
			return 0, e.opError("read", err)
		}
		if n > 0 || len(b) == 0 {
			return n, nil
		}
		blocked.wait(nil)
	}
}

// tryRead reads without waiting. When there is nothing to read it says what to
// wait for.
func (e *end) tryRead(b []byte) (int, block, error) {
	l := e.conn.link
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case e.closed:
		return 0, block{}, net.ErrClosed
	case passed(e.readBy):
		return 0, block{}, os.ErrDeadlineExceeded
	}
	e.conn.landLocked()
	n, err := e.in.take(b)
	if n > 0 || err != nil || len(b) == 0 {
		return n, block{}, err
	}
	until := e.readBy
	if !l.faults.stalled[e.in.dir] {
		until = earlier(until, e.in.next())
	}
	return 0, block{e.in.changed.wait(), until}, nil
}

// Write never blocks, so its deadline matters only when it has passed before.
func (e *end) Write(b []byte) (int, error) {
	l := e.conn.link
	l.mu.Lock()
	defer l.mu.Unlock()
	e.conn.landLocked() // a reset may have come in
	switch {
	case e.closed:
		return 0, e.opError("write", net.ErrClosed)
	case passed(e.writeBy):
		return 0, e.opError("write", os.ErrDeadlineExceeded)
	case errors.Is(e.in.err, syscall.ECONNRESET):
		return 0, e.opError("write", syscall.ECONNRESET)
	}
	e.conn.carryLocked(e.out, b)
	return len(b), nil
}

func (e *end) Close() error {
	l := e.conn.link
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.closed {
		return e.opError("close", net.ErrClosed)
	}
	e.closed = true
	e.in.shut()
	e.conn.carryEOFLocked(e.out)
	if e.conn.client.closed && e.conn.server.closed {
		l.conns = slices.DeleteFunc(l.conns, func(c *conn) bool { return c == e.conn })
	}
	return nil
}

func (e *end) LocalAddr() net.Addr  { return e.local }
func (e *end) RemoteAddr() net.Addr { return e.remote }

func (e *end) SetDeadline(t time.Time) error {
	return e.setDeadlines(func() { e.readBy, e.writeBy = t, t })
}

func (e *end) SetReadDeadline(t time.Time) error {
	return e.setDeadlines(func() { e.readBy = t })
}

func (e *end) SetWriteDeadline(t time.Time) error {
	return e.setDeadlines(func() { e.writeBy = t })
}

// setDeadlines calls set and lets a read that waits look at its new deadline.
func (e *end) setDeadlines(set func()) error {
	l := e.conn.link
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.closed {
		return e.opError("set", net.ErrClosed)
	}
	set()
	e.in.changed.raise()
	return nil
}

// opError dresses err as package net does.
func (e *end) opError(op string, err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return &net.OpError{Op: op, Net: "tcp", Source: e.local, Addr: e.remote, Err: withCall(op, err)}
}

// dialError dresses the error of a dial as package net does.
func dialError(err error) error {
	return &net.OpError{Op: "dial", Net: "tcp", Addr: serverAddr(), Err: withCall("connect", err)}
}

// withCall names the system call that would have returned err, if err is one
// that a system call returns.
func withCall(call string, err error) error {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return os.NewSyscallError(call, errno)
	}
	return err
}
