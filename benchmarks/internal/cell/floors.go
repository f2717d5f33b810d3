package cell

import (
	"context"
	"crypto/sha1" // the name of a script, nothing secret
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"example.com/incumbent/benchmarks/internal/host"
)

const (
	releaseScript = `redis.call("DEL", KEYS[1]) return redis.call("PUBLISH", KEYS[2], "free")`
	swapScript    = `local n = 0
for i, key in ipairs(KEYS) do
  if redis.call("GET", key) == ARGV[1] then redis.call("SET", key, ARGV[1]) n = n + 1 end
end
return n`
	recordLength = 88 // as long as an ordinary record of ours
	pipelined    = 64
	batched      = 200
)

// HandoverFloor is the name of the value that no handover can undercut, in µs: a
// release and taking what it left, after a pause.
const HandoverFloor = "paused_taken_median"

// floors measures what no election on a Redis can undercut here.
func floors(ctx context.Context, b *bench) (Values, error) {
	values := Values{}
	for _, measure := range []func(context.Context, *bench, Values) error{roundTrips, releases, renewals, idleServer, idleClients} {
		if err := measure(ctx, b, values); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func roundTrips(ctx context.Context, b *bench, values Values) error {
	w, err := dialWire(ctx, b.Redis)
	if err != nil {
		return err
	}
	defer w.close()
	bare, err := repeat(b.Plan.Pings, func() error { return w.call("PING") })
	if err != nil {
		return err
	}
	bare.into(values, "bare_ping_")
	client, err := b.yardstick.pings(ctx, b.Plan.Pings)
	if err != nil {
		return err
	}
	client.into(values, "client_ping_")
	paused, err := repeatPaused(ctx, b.Plan.Paused, func() error { return b.yardstick.rdb.Ping(ctx).Err() })
	paused.into(values, "paused_ping_")
	return err
}

// releases measures from a release until a waiting connection has been told, and
// until it has taken what became free.
func releases(ctx context.Context, b *bench, values Values) error {
	var wires [3]*wire
	for i := range wires {
		var err error
		if wires[i], err = dialWire(ctx, b.Redis); err != nil {
			return err
		}
		defer wires[i].close()
	}
	leader, ear, successor := wires[0], wires[1], wires[2]
	if err := ear.call("SUBSCRIBE", "office"); err != nil {
		return err
	}
	var told []float64
	release := func() error {
		began := time.Now()
		if err := leader.send("EVAL", releaseScript, "2", "key", "office"); err != nil {
			return err
		}
		if err := ear.skip(1); err != nil {
			return err
		}
		told = append(told, micros(time.Since(began)))
		return successor.call("SET", "key", "me", "NX")
	}
	taken, err := repeat(b.Plan.Pings, release)
	if err != nil {
		return err
	}
	taken.into(values, "taken_")
	summarise(told).into(values, "push_")
	paused, err := repeatPaused(ctx, b.Plan.Paused, release)
	if err != nil {
		return err
	}
	paused.into(values, "paused_taken_")
	return leader.skip(len(told))
}

// renewals measures what a renewal costs alone, in a packet with others, and in a
// script with others.
func renewals(ctx context.Context, b *bench, values Values) error {
	w, err := dialWire(ctx, b.Redis)
	if err != nil {
		return err
	}
	defer w.close()
	record := strings.Repeat("r", recordLength)
	if err := w.call("SCRIPT", "LOAD", swapScript); err != nil {
		return err
	}
	sum := fmt.Sprintf("%x", sha1.Sum([]byte(swapScript)))
	swap := func(from, n int) []string {
		args := []string{"EVALSHA", sum, fmt.Sprint(n)}
		for i := range n {
			args = append(args, fmt.Sprint("record-", from+i))
		}
		return append(args, record)
	}
	for i := range batched {
		if err := w.call("SET", fmt.Sprint("record-", i), record); err != nil {
			return err
		}
	}
	ways := map[string]func() (int, error){
		"alone":     func() (int, error) { return 1, w.call(swap(0, 1)...) },
		"batched":   func() (int, error) { return batched, w.call(swap(0, batched)...) },
		"pipelined": func() (int, error) { return pipelined, w.pipeline(pipelined, swap) },
	}
	for name, renew := range ways {
		if err := b.rate(ctx, name+"_", values, renew); err != nil {
			return err
		}
	}
	return nil
}

func (w *wire) pipeline(n int, command func(from, n int) []string) error {
	for i := range n {
		w.add(command(i, 1)...)
	}
	if err := w.flush(); err != nil {
		return err
	}
	return w.skip(n)
}

// rate measures how much of f there can be in a second, and what one costs.
func (b *bench) rate(ctx context.Context, prefix string, values Values, f func() (int, error)) error {
	before, err := b.meter.Read(ctx)
	if err != nil {
		return err
	}
	client, began, count := host.CPU(), time.Now(), 0
	for time.Since(began) < b.Plan.Window/5 {
		n, err := f()
		if err != nil {
			return err
		}
		count += n
	}
	client, seconds := host.CPU()-client, time.Since(began).Seconds()
	after, err := b.meter.Read(ctx)
	if err != nil {
		return err
	}
	values[prefix+"rate"] = float64(count) / seconds
	values[prefix+"client"] = micros(client) / float64(count)
	values[prefix+"server"] = micros(after.CPU-before.CPU) / float64(count)
	return nil
}

// idleClients measures what it costs that each of many clients sends a PING every
// half lease, at moments of its own as standbys do that are processes of their own.
func idleClients(ctx context.Context, b *bench, values Values) error {
	const clients, half = 100, 1500 * time.Millisecond
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	for range clients {
		y := newYardstick(b.Redis)
		running.Go(func() {
			defer y.close()
			for pause := rand.N(half); sleep(ctx, pause) == nil; pause = half {
				_ = y.rdb.Ping(ctx).Err() // one that fails costs as much
			}
		})
	}
	if err := sleep(ctx, 2*half); err != nil { // until all are connected
		return err
	}
	used := Values{}
	err := b.use(ctx, used)
	values["clients_client"], values["clients_server"] = used["client_cpu"], used["server_cpu"]
	return err
}

// idleServer measures what a server costs that nobody uses.
func idleServer(ctx context.Context, b *bench, values Values) error {
	idle := Values{}
	err := b.use(ctx, idle)
	values["idle_server"] = idle["server_cpu"]
	return err
}
