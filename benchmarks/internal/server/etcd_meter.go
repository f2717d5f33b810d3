package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// etcdMeter asks an etcd of ours.
type etcdMeter struct {
	addr   EtcdAddr
	prefix func(election string) string
}

// NewEtcdMeter returns a meter of an etcd in which the candidates of an election
// put their keys below a prefix.
func NewEtcdMeter(addr EtcdAddr, prefix func(election string) string) Meter {
	return &etcdMeter{addr, prefix}
}

func (m *etcdMeter) Read(ctx context.Context) (u Usage, err error) {
	return u, m.get(ctx, "/usage", &u)
}

func (m *etcdMeter) get(ctx context.Context, path string, answer any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, m.addr.Meter+path, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

// Follow finds the lease of who leads, which is gone once it has expired.
func (m *etcdMeter) Follow(ctx context.Context, election string) (func(time.Time) (time.Time, error), error) {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{m.addr.Client}, Logger: zap.NewNop()})
	if err != nil {
		return nil, err
	}
	defer client.Close()
	found, err := client.Get(ctx, m.prefix(election)+"/", clientv3.WithFirstCreate()...)
	if err != nil {
		return nil, err
	}
	if len(found.Kvs) == 0 {
		return nil, fmt.Errorf("nobody leads %s", election)
	}
	path := fmt.Sprintf("/renewals?lease=%d", found.Kvs[0].Lease)
	return func(before time.Time) (last time.Time, err error) {
		var times []time.Time
		if err := m.get(ctx, path, &times); err != nil {
			return last, err
		}
		return lastBefore(times, before)
	}, nil
}

// Close has nothing to end: connections are the http package's.
func (*etcdMeter) Close() error { return nil }
