// Package peer holds the systems that are compared, one file each, behind one
// small interface.
package peer

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A System is one way to elect a leader, set up as its documentation advises.
type System struct {
	// Name is how tables, charts and flags call it.
	Name string
	// Setup says how it is configured for a lease, for the tables.
	Setup func(lease time.Duration) string
	// Server is what it runs on: [Redis] or [Etcd].
	Server string
	// Open makes a node.
	Open func(t Target) (Node, error)
	// Prepare leaves elections as an ordinary start finds them: held before, and
	// vacant. Nil where that is the same as never held.
	Prepare func(ctx context.Context, t Target, elections []string) error
	// Renewals are the Redis commands that renew a claim when they are executed, in
	// capitals.
	Renewals []string
	// Ramp limits how many campaigns may start at once in a process, where the
	// system cannot stand all of them. 0: no limit.
	Ramp int
}

// What a system runs on.
const (
	Redis = "redis"
	Etcd  = "etcd"
)

// Target is where a node finds its server, and the lease it leads by.
type Target struct {
	Redis string // host:port
	Etcd  string // URL; empty unless the system needs it
	Lease time.Duration
}

// A Node stands for one process: one client of the server. It is safe for
// concurrent use.
type Node interface {
	// Lead campaigns for an election, calls elected once it is won, and leads until
	// ctx ends; then it gives the office up and returns. It returns earlier, with
	// an error, if the office is lost. Elected must not block.
	Lead(ctx context.Context, election string, elected func()) error
	// Close ends the client. No Lead may be running.
	Close() error
}

// ErrLost is returned by [Node.Lead] when another took the office.
var ErrLost = errors.New("office lost")

// All returns the systems in the order of the tables.
func All() []System {
	return []System{Incumbent(), Rueidislock(), Redsync(), Redislock(), ClientGo(), Naive(), EtcdElection()}
}

// Find returns the system of that name.
func Find(name string) (System, error) {
	for _, s := range All() {
		if s.Name == name {
			return s, nil
		}
	}
	return System{}, fmt.Errorf("no system is called %q", name)
}
