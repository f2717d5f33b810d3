package election

import (
	"testing"
	"testing/synctest"

	"github.com/alicebob/miniredis/v2/server"

	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/seam"
)

// A record that is created between the two requests of a peek is no empty one.
func TestPeekWhileARecordIsCreated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		const written = "1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - -"
		stub.Mini.Server().SetPreHook(func(_ *server.Peer, cmd string, _ ...string) bool {
			if cmd == "GET" {
				_ = stub.Mini.Set(key, written)
			}
			return false
		})
		s, err := newRegister(stub.Client(stub.Link()), seam.NewSystem(), noWarmer).Peek(t.Context(), key)
		if err != nil || s.foreign != nil {
			t.Errorf("peek shows %s, %v, foreign: %v", show(s.contents), err, s.foreign)
		}
	})
}
