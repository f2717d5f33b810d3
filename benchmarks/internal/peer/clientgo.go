package peer

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/klog/v2"
)

// ClientGo is k8s.io/client-go/tools/leaderelection over a lock in Redis: see
// [redisLock].
func ClientGo() System {
	return System{
		Name: "client-go",
		Setup: func(lease time.Duration) string {
			return fmt.Sprintf("LeaseDuration %v, RenewDeadline %v, RetryPeriod %v (15:10:2 as by default), ReleaseOnCancel; lock in Redis by compare-and-set",
				lease, renewDeadline(lease).Round(time.Millisecond), retryPeriod(lease).Round(time.Millisecond))
		},
		Server: Redis,
		Open: func(t Target) (Node, error) {
			return &clientGo{rdb: redis.NewClient(&redis.Options{Addr: t.Redis}), lease: t.Lease}, nil
		},
		Renewals: []string{"SET"},
	}
}

func renewDeadline(lease time.Duration) time.Duration { return lease * 10 / 15 }
func retryPeriod(lease time.Duration) time.Duration   { return lease * 2 / 15 }

type clientGo struct {
	rdb   *redis.Client
	lease time.Duration
}

func (n *clientGo) Lead(ctx context.Context, election string, elected func()) error {
	started := make(chan struct{})
	lock := &redisLock{rdb: n.rdb, key: election, id: uuid.NewString()}
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock:            lock,
		LeaseDuration:   n.lease,
		RenewDeadline:   renewDeadline(n.lease),
		RetryPeriod:     retryPeriod(n.lease),
		ReleaseOnCancel: true,
		Name:            election,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { elected(); close(started) },
			OnStoppedLeading: func() {},
			OnNewLeader:      func(string) {},
		},
	})
	if err != nil {
		return err
	}
	elector.Run(klog.NewContext(ctx, logr.Discard()))
	if lock.won {
		<-started // it runs on a goroutine of its own
	}
	if ctx.Err() == nil {
		return ErrLost
	}
	return nil
}

func (n *clientGo) Close() error { return n.rdb.Close() }
