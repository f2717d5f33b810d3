package redistest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/redistest"
)

// Clients that publish from scripts and subscribe get through five minutes of
// random faults: nothing hangs, nothing that was acknowledged is lost, and all
// of them work again afterwards.
func TestClientsOutliveRandomFaults(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { torture(t, rand.New(rand.NewPCG(seed, 0))) })
		})
	}
}

func torture(t *testing.T, random *rand.Rand) {
	stub := redistest.NewStub(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var running sync.WaitGroup
	var acknowledged, heard atomic.Int64
	var links []*link.Link
	var clients []*redis.Client
	for range 4 {
		l := stub.Link()
		l.SetLatency(time.Duration(1+random.IntN(20)) * time.Millisecond)
		client := stub.Client(l)
		links, clients = append(links, l), append(clients, client)
		running.Go(func() { publish(ctx, client, &acknowledged) })
		running.Go(func() { listen(ctx, client, &heard) })
	}

	for ctx.Err() == nil {
		inject(links[random.IntN(len(links))], random)
		time.Sleep(time.Duration(random.Int64N(int64(2 * time.Second))))
	}
	for _, l := range links {
		l.Heal()
	}
	running.Wait()
	time.Sleep(2 * time.Second) // a pool that gave up dialling tries once a second
	for i, client := range clients {
		executed, err := client.Get(t.Context(), "n").Int64()
		if err != nil || executed < acknowledged.Load() {
			t.Errorf("client %d sees %d executed (%v), %d were acknowledged", i, executed, err, acknowledged.Load())
		}
	}
	if acknowledged.Load() == 0 || heard.Load() == 0 {
		t.Errorf("%d acknowledged, %d heard: the faults let nothing through", acknowledged.Load(), heard.Load())
	}
}

func inject(l *link.Link, random *rand.Rand) {
	faults := []func(){
		l.Heal, l.Heal, l.Heal, l.Heal, l.Cut, l.Reset,
		func() { l.Stall() },
		func() { l.Stall(link.ToServer) },
		func() { l.Stall(link.ToClient) },
		func() { l.Resume() },
		func() { l.Swallow(link.ToServer) },
		func() { l.Swallow(link.ToClient) },
		func() { l.LoseReplies(1) },
		func() { l.CutAfter(random.IntN(64)) },
	}
	faults[random.IntN(len(faults))]()
}

func publish(ctx context.Context, client *redis.Client, acknowledged *atomic.Int64) {
	script := redis.NewScript(`redis.call("PUBLISH", "news", "") return redis.call("INCR", KEYS[1])`)
	for ctx.Err() == nil {
		if script.Run(ctx, client, []string{"n"}).Err() == nil {
			acknowledged.Add(1)
		}
		time.Sleep(300 * time.Millisecond)
	}
}

// listen looks up from the subscription every second, because the end of a
// context does not end a Receive.
func listen(ctx context.Context, client *redis.Client, heard *atomic.Int64) {
	sub := client.Subscribe(ctx, "news")
	defer sub.Close()
	for ctx.Err() == nil {
		m, err := sub.ReceiveTimeout(ctx, time.Second)
		if _, ok := m.(*redis.Message); ok {
			heard.Add(1)
		}
		if err != nil {
			time.Sleep(100 * time.Millisecond)
		}
	}
}
