package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"google.golang.org/grpc"

	"example.com/incumbent/benchmarks/internal/host"
	"example.com/incumbent/benchmarks/internal/role"
)

// EtcdAddr is where an etcd of ours is reached. Empty where there is none.
type EtcdAddr struct {
	Client string // URL for its clients
	Meter  string // URL of what it says of itself
}

// etcdOrders are what the process is told.
type etcdOrders struct{ Dir string }

// StartEtcd starts an etcd of one member, on free loopback ports, as a process of
// its own.
func StartEtcd(pin host.Pin) (*Process, EtcdAddr, error) {
	dir, err := os.MkdirTemp("", "etcd")
	if err != nil {
		return nil, EtcdAddr{}, err
	}
	cmd, err := role.Command(role.Etcd, etcdOrders{dir})
	if err != nil {
		return nil, EtcdAddr{}, errors.Join(err, os.RemoveAll(dir))
	}
	said, err := cmd.StdoutPipe()
	if err != nil {
		return nil, EtcdAddr{}, errors.Join(err, os.RemoveAll(dir))
	}
	var addr EtcdAddr
	p, err := start(cmd, pin, dir)
	if err != nil {
		return nil, addr, err
	}
	if err := json.NewDecoder(said).Decode(&addr); err != nil {
		p.Stop()
		return nil, addr, fmt.Errorf("etcd did not start: %w", err)
	}
	p.Addr = addr.Client
	return p, addr, nil
}

// ServeEtcd is the process: it runs an etcd, says where, and goes on until it is
// killed or ctx ends.
func ServeEtcd(ctx context.Context) error {
	orders, err := role.Orders[etcdOrders]()
	if err != nil {
		return err
	}
	var counted counter
	etcd, err := embedEtcd(orders.Dir, &counted)
	if err != nil {
		return err
	}
	defer etcd.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	web := &http.Server{Handler: counted.handler(), ReadHeaderTimeout: startTimeout}
	defer web.Close()
	go func() { _ = web.Serve(listener) }() // its end is ours
	addr := EtcdAddr{Client: etcd.Config().ListenClientUrls[0].String(), Meter: "http://" + listener.Addr().String()}
	if err := json.NewEncoder(os.Stdout).Encode(addr); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-etcd.Err():
		return err
	}
}

// embedEtcd starts an etcd whose traffic is counted, and waits until it is ready.
func embedEtcd(dir string, counted *counter) (*embed.Etcd, error) {
	client, err := freeURL()
	if err != nil {
		return nil, err
	}
	peer, err := freeURL()
	if err != nil {
		return nil, err
	}
	cfg := embed.NewConfig()
	cfg.Dir, cfg.LogLevel = dir, "fatal"
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = client, client
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = peer, peer
	cfg.InitialCluster = cfg.InitialClusterFromName(cfg.Name)
	cfg.GRPCAdditionalServerOptions = []grpc.ServerOption{grpc.StatsHandler(counted)}
	etcd, err := embed.StartEtcd(cfg)
	if err != nil {
		return nil, err
	}
	select {
	case <-etcd.Server.ReadyNotify():
		return etcd, nil
	case err := <-etcd.Err():
		return nil, err
	case <-time.After(startTimeout):
		etcd.Close()
		return nil, fmt.Errorf("not ready after %v", startTimeout)
	}
}

func freeURL() ([]url.URL, error) {
	port, err := freePort()
	return []url.URL{{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", port)}}, err
}
