package register

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/alicebob/miniredis/v2/server"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/record"
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
				_ = stub.Mini.Set("incumbent:{x}", written)
			}
			return false
		})
		s, err := NewRegister(stub.Client(stub.Link()), seam.NewSystem(), unwarmed).Peek(t.Context(), "incumbent:{x}")
		if err != nil || s.Foreign != nil {
			t.Errorf("peek shows %s, %v, foreign: %v", show(s.Contents), err, s.Foreign)
		}
	})
}

// refusing is a client that refuses, as one with a circuit breaker may.
type refusing struct {
	*redis.Client
	err error
}

func (r refusing) Pipelined(context.Context, func(redis.Pipeliner) error) ([]redis.Cmder, error) {
	return nil, r.err
}

// A client may refuse without asking what to send.
func TestAClientThatRefuses(t *testing.T) {
	for _, given := range []error{errors.New("the circuit is open"), nil} {
		client := redis.NewClient(&redis.Options{})
		defer client.Close()
		r := NewRegister(refusing{client, given}, seam.NewSystem(), unwarmed)
		for i, answer := range r.Do(t.Context(), Request{}, Request{Swap: SwapTo(Contents{}, record.Record{Status: record.Led})}) {
			if answer.Err == nil {
				t.Errorf("with %v: answer %d is %+v", given, i, answer)
			}
		}
		if _, err := r.Peek(t.Context(), "k"); given != nil && err == nil {
			t.Error("a peek without an error")
		}
	}
}
