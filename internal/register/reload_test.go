package register

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/seam"
)

// mapped is a client that keeps a map of a cluster. Its packets have no answer.
type mapped struct {
	refusing
	reloads int
}

func (m *mapped) ReloadState(context.Context) { m.reloads++ }

// After a packet without an answer the client reads its map of the cluster anew: the
// master that was asked may be dead, and nobody else says so.
func TestAPacketWithoutAnAnswerAsksForANewMap(t *testing.T) {
	client := redis.NewClient(&redis.Options{})
	defer client.Close()
	m := &mapped{refusing: refusing{client, context.DeadlineExceeded}}
	r := NewRegister(m, seam.NewSystem(), unwarmed)
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	swap := SwapTo(Contents{}, record.Record{Status: record.Led})
	if a := r.Do(ctx, Request{}, Request{Swap: swap}); a[0].Err == nil || m.reloads != 1 {
		t.Errorf("a packet with the answers %+v: read %d times", a, m.reloads)
	}
	if _, err := r.Peek(ctx, "k"); err == nil || m.reloads != 2 {
		t.Errorf("a peek with %v: read %d times", err, m.reloads)
	}
	m.err = TextError("ERR no")
	if a := r.Do(ctx, Request{}); a[0].Err == nil || m.reloads != 2 {
		t.Errorf("an answer that is an error, %v: read %d times", a[0].Err, m.reloads)
	}
}
