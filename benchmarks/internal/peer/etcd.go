package peer

import (
	"context"
	"errors"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
	"go.uber.org/zap"
)

// EtcdElection is concurrency.Election of go.etcd.io/etcd/client/v3: one client
// and one session a process.
func EtcdElection() System {
	return System{
		Name: "etcd",
		Setup: func(lease time.Duration) string {
			return fmt.Sprintf("concurrency.Election; one client and one Session a process, WithTTL(%d), kept alive every %v; one member, fsync on", seconds(lease), (lease / 3).Round(time.Millisecond))
		},
		Server: Etcd,
		Open:   openEtcd,
	}
}

func seconds(lease time.Duration) int { return int(lease / time.Second) }

type etcdNode struct {
	client  *clientv3.Client
	session *concurrency.Session
}

func openEtcd(t Target) (Node, error) {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{t.Etcd}, Logger: zap.NewNop()})
	if err != nil {
		return nil, err
	}
	session, err := concurrency.NewSession(client, concurrency.WithTTL(seconds(t.Lease)))
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return &etcdNode{client, session}, nil
}

func (n *etcdNode) Lead(ctx context.Context, name string, elected func()) error {
	election := concurrency.NewElection(n.session, EtcdPrefix(name))
	if err := election.Campaign(ctx, "me"); err != nil {
		return err
	}
	elected()
	select {
	case <-ctx.Done():
		return election.Resign(context.WithoutCancel(ctx))
	case <-n.session.Done():
		return ErrLost
	}
}

func (n *etcdNode) Close() error { return errors.Join(n.session.Close(), n.client.Close()) }

// EtcdPrefix is below which the candidates of an election put their keys.
func EtcdPrefix(election string) string { return "elections/" + election }
