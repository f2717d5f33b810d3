package demo

import (
	"errors"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
)

func TestCable(t *testing.T) {
	m := miniredis.RunT(t)
	mine, other := newCable(), newCable()
	rdb := through(mine, m.Addr()).Connect()
	defer rdb.Close()
	neighbour := through(other, m.Addr()).Connect()
	defer neighbour.Close()
	ping := func() error { return rdb.Ping(t.Context()).Err() }
	if err := ping(); err != nil {
		t.Fatal(err)
	}

	mine.sever()
	if err := ping(); !errors.Is(err, errCut) {
		t.Errorf("cut off, yet: %v", err)
	}
	if err := neighbour.Ping(t.Context()).Err(); err != nil {
		t.Errorf("another's cable was cut: %v", err)
	}

	mine.heal()
	for ping() != nil { // a pool that could not dial waits a little before it tries again
		select {
		case <-t.Context().Done():
			t.Fatal("still cut off")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// A cable forgets the connections that their users close.
func TestCableForgets(t *testing.T) {
	m := miniredis.RunT(t)
	c := newCable()
	rdb := through(c, m.Addr()).Connect()
	if err := rdb.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if len(c.conns) == 0 {
		t.Error("no connection goes through the cable")
	}
	if err := rdb.Close(); err != nil {
		t.Fatal(err)
	}
	if n := len(c.conns); n != 0 {
		t.Errorf("%d connections are kept", n)
	}
}
