package register

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"syscall"
	"testing"
)

// What is given up must not arrive later: when a connection of our own client is
// closed, the kernel drops what was not sent, and the other side sees a reset. That
// holds below TLS, too.
func TestClosedConnectionSendsNothingMore(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for name, wrap := range map[string]func(net.Conn) net.Conn{
		"plain": func(c net.Conn) net.Conn { return c },
		"TLS":   func(c net.Conn) net.Conn { return tls.Client(c, &tls.Config{MinVersion: tls.VersionTLS12}) },
	} {
		d := dialer{session: t.Context(), dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return wrap(c), nil
		}}
		conn, err := d.connect(t.Context(), "tcp", server.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		other, err := server.Accept()
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.Close()
		if _, err := other.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: the other side reads %v, want %v", name, err, syscall.ECONNRESET)
		}
		_ = other.Close()
	}
}
