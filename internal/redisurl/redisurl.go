// Package redisurl reads the addresses of a Redis, and makes the client for them.
// It is the only parser of addresses in this module.
//
// A text is one of these:
//
//	redis://user:password@host:6379/0             one server; rediss:// for TLS
//	unix:///run/redis.sock?db=1                   one server, by its socket
//	redis://h1:6379,h2:6379                       a cluster
//	redis://h1:6379,redis://h2:6379               the same
//	redis://h1:26379,h2:26379?master_name=main    a master behind Sentinels
//
// What one address of a list says holds for all of them: user and password, path,
// options. Two that say different things are refused. The options are those of
// go-redis.
package redisurl

import (
	"cmp"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// A Target is a Redis that can be connected to. Exactly one of the options is set.
type Target struct {
	server   *redis.Options
	cluster  *redis.ClusterOptions
	sentinel *redis.FailoverOptions
}

// Server returns the target that is one server with these options.
func Server(o redis.Options) *Target { return &Target{server: &o} }

// Address returns hosts and ports, or the path of a socket: text for people, without
// a password.
func (t *Target) Address() string {
	switch {
	case t.cluster != nil:
		return strings.Join(t.cluster.Addrs, ",")
	case t.sentinel != nil:
		return strings.Join(t.sentinel.SentinelAddrs, ",")
	}
	return t.server.Addr
}

// mapPatience is how long a cluster's node may take to answer. A client reads the map of
// the cluster without a deadline, one node after the other, and may begin with the master
// that hangs: with go-redis' 3 s a new master is found that much later.
const mapPatience = time.Second

// Connect returns a new client, for the caller to close. It obeys the deadlines of
// contexts. It does not wait for the server.
func (t *Target) Connect() redis.UniversalClient {
	off := &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	switch {
	case t.cluster != nil:
		o := *t.cluster
		o.ContextTimeoutEnabled, o.MaintNotificationsConfig = true, off
		o.ReadTimeout = cmp.Or(o.ReadTimeout, mapPatience)
		return redis.NewClusterClient(&o)
	case t.sentinel != nil:
		o := *t.sentinel
		o.ContextTimeoutEnabled = true
		return redis.NewFailoverClient(&o)
	}
	o := *t.server
	o.ContextTimeoutEnabled, o.MaintNotificationsConfig = true, off
	return redis.NewClient(&o)
}
