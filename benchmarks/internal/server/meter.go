package server

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// Usage is what a server has done since it started.
type Usage struct {
	CPU      time.Duration
	Commands float64 // of Redis, those inside scripts too; of etcd, messages received
	Requests float64 // reads from a socket; a pipeline in one packet is one
	In, Out  float64 // bytes

	Connections float64 // accepted so far; of Redis
	Memory      float64 // bytes in use now; of Redis
}

// A Meter reads what a server has done.
type Meter interface {
	// Read costs the server one request, which it does not count.
	Read(ctx context.Context) (Usage, error)
	// Follow watches the present leader of an election and returns a function that
	// tells when its claim was last renewed before a moment, by the server's clock.
	Follow(ctx context.Context, election string) (last func(before time.Time) (time.Time, error), err error)
	// Close ends the meter's connections.
	Close() error
}

// redisMeter reads INFO, and MONITOR once something is followed.
type redisMeter struct {
	rdb     *redis.Client
	renewal map[string]bool
	monitor *monitor
	reads   float64
}

// NewRedisMeter returns a meter of a Redis in which those commands renew claims.
func NewRedisMeter(addr string, renewals []string) Meter {
	m := &redisMeter{rdb: redis.NewClient(&redis.Options{Addr: addr, PoolSize: 1}), renewal: map[string]bool{}}
	for _, command := range renewals {
		m.renewal[command] = true
	}
	return m
}

func (m *redisMeter) Read(ctx context.Context) (Usage, error) {
	info, err := m.rdb.Info(ctx).Result()
	if err != nil {
		return Usage{}, err
	}
	m.reads++
	fields := map[string]float64{
		"total_commands_processed": 0, "total_reads_processed": 0,
		"total_net_input_bytes": 0, "total_net_output_bytes": 0,
		"used_cpu_user": 0, "used_cpu_sys": 0,
		"total_connections_received": 0, "used_memory": 0,
	}
	for name := range fields {
		if fields[name], err = strconv.ParseFloat(field(info, name), 64); err != nil {
			return Usage{}, fmt.Errorf("INFO %s: %w", name, err)
		}
	}
	return Usage{
		CPU:      time.Duration((fields["used_cpu_user"] + fields["used_cpu_sys"]) * float64(time.Second)),
		Commands: fields["total_commands_processed"] - m.reads,
		Requests: fields["total_reads_processed"] - m.reads,
		In:       fields["total_net_input_bytes"],
		Out:      fields["total_net_output_bytes"],

		Connections: fields["total_connections_received"],
		Memory:      fields["used_memory"],
	}, nil
}

func (m *redisMeter) Follow(ctx context.Context, election string) (func(time.Time) (time.Time, error), error) {
	if m.monitor == nil {
		var err error
		if m.monitor, err = startMonitor(ctx, m.rdb.Options().Addr, m.renewal); err != nil {
			return nil, err
		}
	}
	return func(before time.Time) (time.Time, error) { return m.monitor.last(election, before) }, nil
}

func (m *redisMeter) Close() error {
	if m.monitor != nil {
		m.monitor.stop()
	}
	return m.rdb.Close()
}
