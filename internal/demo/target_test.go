package demo

import (
	"errors"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"example.com/incumbent/internal/link"
)

func TestCandidatesAreCutOffOneByOne(t *testing.T) {
	m := miniredis.RunT(t)
	mine, other := link.New(m.Server().ServeConn), link.New(m.Server().ServeConn)
	rdb := through(mine, m.Addr()).Connect()
	defer rdb.Close()
	neighbour := through(other, m.Addr()).Connect()
	defer neighbour.Close()
	ping := func() error { return rdb.Ping(t.Context()).Err() }
	if err := ping(); err != nil {
		t.Fatal(err)
	}

	mine.Cut()
	if err := ping(); !errors.Is(err, errCut) {
		t.Errorf("cut off, yet: %v", err)
	}
	if err := neighbour.Ping(t.Context()).Err(); err != nil {
		t.Errorf("another's network was cut: %v", err)
	}

	mine.Heal()
	for ping() != nil { // a pool that could not dial waits a little before it tries again
		select {
		case <-t.Context().Done():
			t.Fatal("still cut off")
		case <-time.After(10 * time.Millisecond):
		}
	}
}
