package register

import (
	"slices"

	"github.com/redis/go-redis/v9"
)

// kind is what a client shows of itself.
type kind struct {
	server   *redis.Options        // of a client of one server, or a wrapper of one; else nil
	cluster  *redis.ClusterOptions // of a client of a cluster, or a wrapper of one; else nil
	sentinel bool                  // Sentinel names the server, whose address is not in the options
	wrapped  bool                  // it is no client of go-redis itself: its own code runs commands
}

// classifyClient asks a client for its options. A wrapper may hide those of its client:
// then nothing is known.
func classifyClient(rdb Client) kind {
	var k kind
	switch rdb.(type) {
	case *redis.Client, *redis.ClusterClient:
	default:
		k.wrapped = true
	}
	switch c := rdb.(type) {
	case interface{ Options() *redis.Options }:
		k.server = c.Options()
		k.sentinel = k.server.Addr == "FailoverClient" // which go-redis writes there
	case interface{ Options() *redis.ClusterOptions }:
		k.cluster = c.Options()
	}
	return k
}

// alone reports whether all keys are on one server for certain, so that they may share a
// script.
func (k kind) alone() bool { return k.server != nil && !k.wrapped }

// derivable reports whether a client of our own can be made of it.
func (k kind) derivable() bool { return k.alone() && !k.sentinel }

// obeys reports whether its calls end with their contexts, as far as is known. A client of
// our own does, whatever the caller's does.
func (k kind) obeys() bool {
	switch {
	case k.wrapped, k.derivable():
		return true
	case k.cluster != nil:
		return k.cluster.ContextTimeoutEnabled
	}
	return k.server.ContextTimeoutEnabled
}

// addresses are those that it was configured with, sorted; none if it does not say.
func (k kind) addresses() []string {
	switch {
	case k.server != nil && !k.sentinel:
		return []string{k.server.Addr}
	case k.cluster != nil:
		return slices.Sorted(slices.Values(k.cluster.Addrs))
	}
	return nil
}
