// Package probes answers the probes of Kubernetes and of load balancers.
package probes

import (
	"context"
	"encoding/json"
	"net/http"
	"sync/atomic"

	"example.com/incumbent/election"
)

// Probes are three HTTP handlers.
type Probes struct {
	// Live is singleton.Group.Check or election.Elector.Check. It fails only while work
	// still runs although its trust has ended. A standby lives, and so does a process
	// that cannot reach Redis.
	Live func() error

	// Ready says whether the process can serve, for example by a ping of its database.
	// It must not depend on leadership: a rolling update would wait for ever for the
	// standbys.
	Ready func() error

	leader atomic.Pointer[election.Leader] // nil: unknown
}

// Observe keeps the answer of /leader up to date. It blocks until ctx ends.
func (p *Probes) Observe(ctx context.Context, e *election.Elector) {
	defer p.leader.Store(nil)
	for leader, err := range e.Observe(ctx) {
		if err != nil {
			p.leader.Store(nil)
			continue
		}
		p.leader.Store(&leader)
	}
}

// Handler serves /livez, /readyz and /leader.
func (p *Probes) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", probe(p.Live))
	mux.HandleFunc("GET /readyz", probe(p.Ready))
	mux.HandleFunc("GET /leader", p.serveLeader)
	return mux
}

func probe(check func() error) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if err := check(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	}
}

func (p *Probes) serveLeader(w http.ResponseWriter, _ *http.Request) {
	leader := p.leader.Load()
	switch {
	case leader == nil:
		http.Error(w, "who leads is not known now", http.StatusServiceUnavailable)
	case leader.Nobody():
		http.Error(w, "nobody leads", http.StatusNotFound)
	default:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"id": leader.ID, "term": leader.Term, "meta": leader.Meta,
		})
	}
}
