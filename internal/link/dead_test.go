package link_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"example.com/incumbent/internal/link"
)

func TestDeadConnections(t *testing.T) {
	lost := errors.New("no way there")
	fails := func(context.Context, string, string) (net.Conn, error) { return nil, lost }
	conn, err := link.NeverFails(fails)(t.Context(), "tcp", link.Addr)
	if err != nil {
		t.Fatalf("the dial failed: %v", err)
	}
	if err := conn.SetDeadline(time.Now()); err != nil {
		t.Errorf("SetDeadline: %v", err)
	}
	if _, err := conn.Write([]byte("PING")); !errors.Is(err, lost) {
		t.Errorf("Write: %v, want %v", err, lost)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, lost) {
		t.Errorf("Read: %v, want %v", err, lost)
	}
	if err := conn.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestDialsThatSucceedAreLeftAlone(t *testing.T) {
	l := link.New(func(c net.Conn) { _ = c.Close() })
	conn, err := link.NeverFails(l.Dial)(t.Context(), "tcp", link.Addr)
	if err != nil || l.Dials() != 1 {
		t.Fatalf("%d dials, %v", l.Dials(), err)
	}
	_ = conn.Close()
}
