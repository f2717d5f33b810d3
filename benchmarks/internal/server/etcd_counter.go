package server

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc/stats"

	"example.com/incumbent/benchmarks/internal/host"
)

// counter counts what an etcd receives and sends, and notes when leases are kept
// alive. It is a stats handler of gRPC.
type counter struct {
	mu       sync.Mutex
	messages float64
	in, out  float64
	renewals map[int64][]time.Time // by lease
}

func (*counter) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (*counter) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (*counter) HandleConn(context.Context, stats.ConnStats)                       {}

func (c *counter) HandleRPC(_ context.Context, s stats.RPCStats) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch s := s.(type) {
	case *stats.InPayload:
		c.messages++
		c.in += float64(s.WireLength)
		if r, ok := s.Payload.(*etcdserverpb.LeaseKeepAliveRequest); ok {
			c.note(r.ID)
		}
	case *stats.OutPayload:
		c.out += float64(s.WireLength)
	}
}

func (c *counter) note(lease int64) {
	if c.renewals == nil {
		c.renewals = map[int64][]time.Time{}
	}
	c.renewals[lease] = append(c.renewals[lease], time.Now())
}

// handler answers what an [etcdMeter] asks.
func (c *counter) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/usage", func(w http.ResponseWriter, _ *http.Request) { answer(w, c.usage()) })
	mux.HandleFunc("/renewals", func(w http.ResponseWriter, r *http.Request) {
		lease, err := strconv.ParseInt(r.FormValue("lease"), 10, 64)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer(w, c.renewalsOf(lease))
	})
	return mux
}

func answer(w http.ResponseWriter, value any) { _ = json.NewEncoder(w).Encode(value) } // who asked notices

func (c *counter) usage() Usage {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Usage{CPU: host.CPU(), Commands: c.messages, In: c.in, Out: c.out}
}

func (c *counter) renewalsOf(lease int64) []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.renewals[lease]
}
