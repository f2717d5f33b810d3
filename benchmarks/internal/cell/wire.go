package cell

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

// A wire speaks to Redis with as little in between as there can be, to measure
// what no client can undercut.
type wire struct {
	conn net.Conn
	in   *bufio.Reader
	out  []byte // commands not sent yet
}

func dialWire(ctx context.Context, addr string) (*wire, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &wire{conn: conn, in: bufio.NewReader(conn)}, nil
}

func (w *wire) close() { w.conn.Close() }

// add appends a command to the next packet.
func (w *wire) add(args ...string) {
	w.out = fmt.Appendf(w.out, "*%d\r\n", len(args))
	for _, a := range args {
		w.out = fmt.Appendf(w.out, "$%d\r\n%s\r\n", len(a), a)
	}
}

// flush sends the packet.
func (w *wire) flush() error {
	_, err := w.conn.Write(w.out)
	w.out = w.out[:0]
	return err
}

func (w *wire) send(args ...string) error {
	w.add(args...)
	return w.flush()
}

// skip reads n answers and keeps nothing of them but an error.
func (w *wire) skip(n int) error {
	for range n {
		if err := w.skipOne(); err != nil {
			return err
		}
	}
	return nil
}

func (w *wire) skipOne() error {
	line, err := w.in.ReadSlice('\n')
	if err != nil {
		return err
	}
	kind, rest := line[0], string(line[1:max(1, len(line)-2)])
	if kind == '-' {
		return errors.New(rest)
	}
	if kind != '$' && kind != '*' {
		return nil
	}
	length, err := strconv.Atoi(rest)
	switch {
	case err != nil || length < 0:
		return err
	case kind == '*':
		return w.skip(length)
	}
	_, err = io.CopyN(io.Discard, w.in, int64(length)+2)
	return err
}

func (w *wire) call(args ...string) error {
	if err := w.send(args...); err != nil {
		return err
	}
	return w.skip(1)
}
