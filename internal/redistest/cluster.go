package redistest

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	clusterMasters = 3
	clusterTimeout = 30 * time.Second // to come up
	formingTimeout = time.Second      // the nodes' time-out while the cluster forms
)

// Cluster is a Redis Cluster of six nodes: three masters and a replica of each. Its
// methods belong on the goroutine of the test.
type Cluster struct {
	Nodes []*Server

	tb testing.TB
}

// StartCluster starts a cluster that gives a node up after nodeTimeout, and returns
// when every node calls the cluster's state ok and every replica is in sync. It ends
// with the test. Without [ServerVariable] the test is skipped.
//
// Nodes gossip at the pace of their time-out, and a master waits for as long (up to 5 s)
// before it serves. So the cluster forms with a short one, and no replica takes over then.
func StartCluster(tb testing.TB, nodeTimeout time.Duration, args ...string) *Cluster {
	tb.Helper()
	c := &Cluster{tb: tb}
	for range 2 * clusterMasters {
		bus, err := freePort()
		if err != nil {
			tb.Fatal(err)
		}
		c.Nodes = append(c.Nodes, Start(tb, append([]string{
			"--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(bus),
			"--cluster-node-timeout", strconv.FormatInt(formingTimeout.Milliseconds(), 10),
			"--cluster-replica-no-failover", "yes",
			"--repl-diskless-sync-delay", "0",
		}, args...)...))
	}
	c.meet()
	c.assign()
	for _, n := range c.Nodes {
		c.admin(n, "CONFIG", "SET", "cluster-node-timeout", nodeTimeout.Milliseconds())
		c.admin(n, "CONFIG", "SET", "cluster-replica-no-failover", "no")
	}
	return c
}

// meet makes the nodes known to each other.
func (c *Cluster) meet() {
	c.tb.Helper()
	for i, n := range c.Nodes {
		c.admin(n, "CLUSTER", "SET-CONFIG-EPOCH", i+1)
		for _, other := range c.Nodes[:i] {
			c.admin(n, "CLUSTER", "MEET", "127.0.0.1", other.port, other.busPort())
		}
	}
	c.until("all nodes know each other", func(n *Server) bool {
		return strings.Count(c.admin(n, "CLUSTER", "NODES"), "\n") == len(c.Nodes) &&
			!strings.Contains(c.admin(n, "CLUSTER", "NODES"), "handshake")
	})
}

// assign gives the first three nodes all slots, and each of the others a master.
func (c *Cluster) assign() {
	c.tb.Helper()
	const slots = 16384
	for i := range clusterMasters {
		c.admin(c.Nodes[i], "CLUSTER", "ADDSLOTSRANGE", i*slots/clusterMasters, (i+1)*slots/clusterMasters-1)
	}
	for i, n := range c.Nodes[clusterMasters:] {
		c.admin(n, "CLUSTER", "REPLICATE", c.admin(c.Nodes[i], "CLUSTER", "MYID"))
	}
	c.until("the cluster is complete", func(n *Server) bool {
		return strings.Contains(c.admin(n, "CLUSTER", "INFO"), "cluster_state:ok") &&
			strings.Count(c.admin(n, "CLUSTER", "NODES"), "slave") == clusterMasters // with flags around it
	})
	for _, n := range c.Nodes[clusterMasters:] {
		c.untilNode(n, "the replica is in sync", func() bool {
			return strings.Contains(c.admin(n, "INFO", "replication"), "master_link_status:up")
		})
	}
}

// Addrs returns the addresses of all nodes.
func (c *Cluster) Addrs() []string {
	addrs := make([]string, 0, len(c.Nodes))
	for _, n := range c.Nodes {
		addrs = append(addrs, n.Addr())
	}
	return addrs
}

// Client returns a client of the cluster with the options that docs/operations.md asks for,
// and what each mutate changes. It is closed at the end of the test.
func (c *Cluster) Client(mutate ...func(*redis.ClusterOptions)) *redis.ClusterClient {
	o := &redis.ClusterOptions{Addrs: c.Addrs(), ContextTimeoutEnabled: true, ReadTimeout: time.Second}
	for _, m := range mutate {
		m(o)
	}
	client := redis.NewClusterClient(o)
	c.tb.Cleanup(func() { _ = client.Close() })
	return client
}

// Owner returns the master of the key's slot, as that node sees it; nil while there is
// none.
func (c *Cluster) Owner(ask *Server, key string) *Server {
	c.tb.Helper()
	client := ask.Client()
	slot, err := client.ClusterKeySlot(context.Background(), key).Result()
	if err != nil {
		c.tb.Fatal(err)
	}
	shards, err := client.ClusterShards(context.Background()).Result()
	if err != nil {
		c.tb.Fatal(err)
	}
	for _, shard := range shards {
		if owns(shard, slot) {
			return c.master(shard.Nodes)
		}
	}
	return nil
}

func owns(shard redis.ClusterShard, slot int64) bool {
	return slices.ContainsFunc(shard.Slots, func(r redis.SlotRange) bool { return r.Start <= slot && slot <= r.End })
}

// master is the one of a shard's nodes that leads it, if it is well.
func (c *Cluster) master(nodes []redis.Node) *Server {
	for _, n := range nodes {
		if n.Role == "master" && n.Health == "online" {
			return c.at(net.JoinHostPort(n.IP, strconv.FormatInt(n.Port, 10)))
		}
	}
	return nil
}

// Replica returns the node that replicates the given master, as that master sees it.
func (c *Cluster) Replica(master *Server) *Server {
	c.tb.Helper()
	id := c.admin(master, "CLUSTER", "MYID")
	for line := range strings.Lines(c.admin(master, "CLUSTER", "REPLICAS", id)) {
		fields := strings.Fields(strings.Trim(line, "[]"))
		if len(fields) > 1 {
			addr, _, _ := strings.Cut(fields[1], "@")
			return c.at(addr)
		}
	}
	return nil
}

// Bystander returns a master that does not own the key's slot.
func (c *Cluster) Bystander(key string) *Server {
	c.tb.Helper()
	owner := c.Owner(c.Nodes[0], key)
	for _, n := range c.Nodes[:clusterMasters] {
		if n != owner {
			return n
		}
	}
	return nil
}

func (c *Cluster) at(addr string) *Server {
	for _, n := range c.Nodes {
		if n.Addr() == addr {
			return n
		}
	}
	return nil
}

// admin executes a command on one node.
func (c *Cluster) admin(n *Server, args ...any) string {
	c.tb.Helper()
	client := redis.NewClient(&redis.Options{Addr: n.Addr()})
	defer client.Close()
	reply, err := client.Do(context.Background(), args...).Result()
	if err != nil {
		c.tb.Fatalf("redistest: %v at %s: %v", args, n.Addr(), err)
	}
	return fmt.Sprint(reply)
}

// until waits until something holds at every node.
func (c *Cluster) until(what string, holds func(*Server) bool) {
	c.tb.Helper()
	for _, n := range c.Nodes {
		c.untilNode(n, what, func() bool { return holds(n) })
	}
}

func (c *Cluster) untilNode(n *Server, what string, holds func() bool) {
	c.tb.Helper()
	deadline := time.After(clusterTimeout)
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			c.tb.Fatalf("redistest: not within %v at %s: %s\n%s", clusterTimeout, n.Addr(), what, c.admin(n, "CLUSTER", "NODES"))
		}
	}
}

// busPort is where the server listens for the other nodes.
func (s *Server) busPort() int {
	for i, arg := range s.args {
		if arg == "--cluster-port" {
			port, _ := strconv.Atoi(s.args[i+1])
			return port
		}
	}
	_, port, _ := net.SplitHostPort(s.Addr())
	n, _ := strconv.Atoi(port)
	return n + 10000 // Redis' rule
}
