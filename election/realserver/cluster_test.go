package realserver_test

// Shows the liveness bounds in a cluster and behind Sentinel.

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/redistest"
)

// clusterOfOne is a cluster whose only node has all slots.
func clusterOfOne(t *testing.T) *arena {
	t.Helper()
	o := newArena(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "500", "--cluster-port", strconv.Itoa(freePort(t)))
	o.admin("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
	o.untilInfo("cluster_state:ok")
	return o
}

func (o *arena) untilInfo(has string) {
	o.t.Helper()
	client := o.server.Client()
	o.until(has, func() bool { return strings.Contains(client.ClusterInfo(o.t.Context()).Val(), has) })
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// clusterClient is a client of the cluster, as an application makes one.
func (o *arena) clusterClient() *redis.ClusterClient {
	c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{o.server.Addr()}, ContextTimeoutEnabled: true})
	o.t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestClusterElectsAndHandsOver(t *testing.T) {
	t.Parallel()
	o := clusterOfOne(t)
	a, b := o.join("a", o.clusterClient(), patient), o.join("b", o.clusterClient(), patient)
	first := a.leader()
	next := b.lead()
	b.event(election.KindStandby)
	first.goesOn()
	if err := b.StepDown(t.Context(), ""); err != nil {
		t.Errorf("StepDown: %v", err)
	}
	next.begun()
	if took := next.at.Sub(a.event(election.KindRevoked).Time); took > time.Second {
		t.Errorf("handed over after %v: that is no push", took)
	}
	if l := o.leading(a); l.ID != "b" {
		t.Errorf("the record names %+v", l)
	}
	next.stop()
	if strings.Contains(o.log.String(), "hints: ") {
		t.Errorf("logged %s", o.log)
	}
}

// Elections of one Conn may live in different slots.
func TestClusterHoldsManyElections(t *testing.T) {
	t.Parallel()
	o := clusterOfOne(t)
	conn, err := election.Connect(o.clusterClient(), election.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	const elections = 30
	elected, ended := make(chan struct{}), make(chan error)
	for i := range elections {
		e, err := conn.Elector(election.Config{
			Name: fmt.Sprint("job-", i), Bootstrap: election.BootstrapImmediate, Lease: 6 * time.Second, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			ended <- e.Lead(ctx, func(ctx context.Context, _ election.Term) error {
				elected <- struct{}{}
				<-ctx.Done()
				return nil
			})
		}()
	}
	for range elections {
		select {
		case <-elected:
		case <-ctx.Done():
			t.Fatal("not all were elected")
		}
	}
	cancel()
	for range elections {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// Slots that nobody serves are waited for.
func TestClusterIsDown(t *testing.T) {
	t.Parallel()
	o := clusterOfOne(t)
	a := o.join("a", o.clusterClient(), patient)
	first := a.leader()
	o.admin("CLUSTER", "DELSLOTSRANGE", 0, 16383)
	a.event(election.KindBeatFailed)
	expectTrouble(t, "Lead", o.candidate("b", patient).trouble(), "CLUSTERDOWN")
	o.admin("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
	o.untilInfo("cluster_state:ok")
	first.goesOn()
}

// startSentinel starts a Sentinel for the server and returns its address.
func startSentinel(t *testing.T, master string) string {
	t.Helper()
	host, port, _ := net.SplitHostPort(master)
	own := freePort(t)
	conf := filepath.Join(t.TempDir(), "sentinel.conf")
	lines := fmt.Sprintf("port %d\nbind 127.0.0.1\ndir %s\nsentinel monitor main %s %s 1\nsentinel down-after-milliseconds main 2000\n",
		own, filepath.Dir(conf), host, port)
	if err := os.WriteFile(conf, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Getenv(redistest.ServerVariable), conf, "--sentinel")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // that it was killed
	})
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(own))
}

// failoverClient is a client of Sentinel, as an application makes one.
func (o *arena) failoverClient(sentinel string) *redis.Client {
	c := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: "main", SentinelAddrs: []string{sentinel}, ContextTimeoutEnabled: true, MaxRetries: -1,
	})
	o.t.Cleanup(func() { _ = c.Close() })
	return c
}

// After a failover somebody leads, and no two: if the new master lacks the last
// beat, the leader sees that Redis went back and gives up.
func TestSentinelElectsAndFailsOver(t *testing.T) {
	t.Parallel()
	o := newArena(t, "--repl-diskless-sync-delay", "0")
	replica := redistest.Start(t)
	host, port, _ := net.SplitHostPort(o.server.Addr())
	replicate := replica.Client()
	if err := replicate.Do(t.Context(), "REPLICAOF", host, port).Err(); err != nil {
		t.Fatal(err)
	}
	o.until("the replica is online", func() bool {
		return strings.Contains(o.admin("INFO", "replication"), "state=online")
	})
	sentinel := startSentinel(t, o.server.Addr())
	watch := redis.NewSentinelClient(&redis.Options{Addr: sentinel, MaxRetries: -1, DialerRetries: 1})
	defer watch.Close()
	o.until("Sentinel knows the replica", func() bool {
		replicas, err := watch.Replicas(t.Context(), "main").Result()
		return err == nil && len(replicas) == 1 && replicas[0]["master-link-status"] == "ok"
	})

	a, b := o.join("a", o.failoverClient(sentinel)), o.join("b", o.failoverClient(sentinel))
	first := a.leader()
	b.lead()
	b.event(election.KindStandby)
	first.goesOn()
	o.until("Sentinel fails over", func() bool { return watch.Failover(t.Context(), "main").Err() == nil })
	o.until("the replica is the master", func() bool {
		return strings.Contains(replicate.Info(t.Context(), "replication").Val(), "role:master")
	})
	before := a.count(election.KindBeat) + b.count(election.KindBeat)
	o.until("somebody beats", func() bool { return a.count(election.KindBeat)+b.count(election.KindBeat) > before+1 })
	if l := o.leading(a); l.Term < first.term {
		t.Errorf("the record names %+v after term %d", l, first.term)
	}
}
