package redisurl

import (
	"errors"
	"fmt"
)

// Errors of [Parse]. None of them repeats the text, which may hold a password.
var (
	// ErrURL means that the text is no URL of a Redis, or has an option that go-redis
	// does not know.
	ErrURL = errors.New("this is no Redis URL; it looks like redis://user:password@host:6379/0, " +
		"for a socket unix:///run/redis.sock, for a cluster redis://host:6379,host:6380, " +
		"for Sentinel redis://host:26379?master_name=mymaster")
	// ErrDatabase means a list of addresses with a database: a cluster has none.
	ErrDatabase = errors.New("several addresses are a cluster, and that has database 0 only: leave the database out, as in redis://host:6379,host:6380")
	// ErrTwoDatabases means that path and option name different databases.
	ErrTwoDatabases = errors.New("two databases: give one, as in redis://host:6379/1")
	// ErrDiffer means a list whose addresses differ in more than host and port.
	ErrDiffer = errors.New("the addresses of a list differ in more than host and port: give scheme, user, password and options once, as in redis://user:password@host:6379,host:6380?dial_timeout=1s")
	// ErrMaster means a Sentinel without the name of a master.
	ErrMaster = errors.New("master_name is empty: give the name that the Sentinels have for the master, as in redis://host:26379?master_name=mymaster")
	// ErrReplicas means options that lead to replicas.
	ErrReplicas = errors.New("behind Sentinel only the master is used: leave route_by_latency, route_randomly and replica_only out")
	// ErrQuorum means addresses with names.
	ErrQuorum = errors.New("addresses with names, as in a=redis://host:6379, are a quorum of independent servers, which is not built yet: " +
		"give one server, a cluster or a Sentinel")
	// ErrPool means that a URL asks for a pool that nobody could have.
	ErrPool = errors.New("a pool of an impossible size")
)

// most is how many connections a URL may ask for. A pool makes room for all of
// them at once.
const most = 10_000

// checkPool refuses sizes that no pool could have: go-redis panics over negative
// ones and takes the memory for large ones.
func checkPool(sizes ...int) error {
	for _, n := range sizes {
		if n < 0 || n > most {
			return fmt.Errorf("%w: %d connections, give 0 to %d", ErrPool, n, most)
		}
	}
	return nil
}
