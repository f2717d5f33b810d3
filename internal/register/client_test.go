package register

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Of a plain client the address and the credentials are kept, and what would let
// a beat wait is not.
func TestDerivedClient(t *testing.T) {
	credentials := func() (string, string) { return "user", "password" }
	given := redis.NewClient(&redis.Options{
		Addr: "127.0.0.1:1", DB: 3, Username: "u", Password: "p", ClientName: "n", Protocol: 2,
		CredentialsProvider: credentials, TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13}, DialTimeout: time.Minute,
		PoolSize: 70, MinIdleConns: 7, MaxRetries: 9, ReadTimeout: -1, WriteTimeout: -1, Limiter: noLimit{},
		ClientSideCacheConfig: &redis.ClientSideCacheConfig{},
	})
	defer given.Close()
	before := *given.Options()
	own, _ := Derive(given)
	if own == nil || own == given {
		t.Fatalf("derived %v", own)
	}
	o := own.Options()
	if o.Addr != "127.0.0.1:1" || o.DB != 3 || o.Username != "u" || o.Password != "p" || o.ClientName != "n" || o.Protocol != 2 ||
		o.CredentialsProvider == nil || o.TLSConfig != before.TLSConfig || o.DialTimeout != time.Minute {
		t.Errorf("lost something: %+v", o)
	}
	// go-redis stores "none" as 0.
	if o.MaxRetries != 0 || o.DialerRetries != 1 || !o.ContextTimeoutEnabled || o.ReadTimeout != 0 || o.WriteTimeout != 0 {
		t.Errorf("retries %d, dialer retries %d, deadlines %v, time-outs %v and %v", o.MaxRetries, o.DialerRetries, o.ContextTimeoutEnabled, o.ReadTimeout, o.WriteTimeout)
	}
	if o.PoolSize != Connections || o.MinIdleConns != 0 || o.Limiter != nil || o.MaintNotificationsConfig.Mode != maintnotifications.ModeDisabled {
		t.Errorf("pool %d, idle %d, limiter %v, maintenance %v", o.PoolSize, o.MinIdleConns, o.Limiter, o.MaintNotificationsConfig.Mode)
	}
	if o.ClientSideCacheConfig != nil || o.ClientSideCache != nil {
		t.Errorf("what beats invalidate is cached: %+v, %v", o.ClientSideCacheConfig, o.ClientSideCache)
	}
	if after := *given.Options(); after.PoolSize != before.PoolSize || after.MaxRetries != before.MaxRetries || after.Limiter == nil || after.ContextTimeoutEnabled {
		t.Errorf("the caller's client was changed: %+v", after)
	}
	if err := own.Close(); err != nil {
		t.Error(err)
	}
	if err := own.Ping(t.Context()).Err(); !errors.Is(err, redis.ErrClosed) {
		t.Errorf("our own client after its close: %v", err)
	}
}

type noLimit struct{}

func (noLimit) Allow() error       { return nil }
func (noLimit) ReportResult(error) {}

// A dial that fails becomes a connection that fails with the same error.
func TestAFailedDialIsADeadConnection(t *testing.T) {
	refused := errors.New("refused")
	var dialed string
	dial := dialer{func(_ context.Context, network, addr string) (net.Conn, error) {
		dialed = network + " " + addr
		return nil, refused
	}, t.Context()}.connect
	c, err := dial(t.Context(), "tcp", "host:1")
	if err != nil || c == nil || dialed != "tcp host:1" {
		t.Fatalf("dialed %s: %v, %v", dialed, c, err)
	}
	if _, err := c.Read(nil); err != refused {
		t.Errorf("Read: %v", err)
	}
	if _, err := c.Write(nil); err != refused {
		t.Errorf("Write: %v", err)
	}
	for _, err := range []error{c.SetDeadline(time.Now()), c.SetReadDeadline(time.Now()), c.SetWriteDeadline(time.Now()), c.Close()} {
		if err != nil {
			t.Error(err)
		}
	}
	if c.LocalAddr() == nil || c.RemoteAddr() == nil {
		t.Error("no address")
	}
}

// A connection ends with its session, also one whose dialer does not look at
// contexts; and a pool can still ask a socket whether it was closed.
func TestConnectionsEndWithTheirSession(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	pipe := func(context.Context, string, string) (net.Conn, error) {
		client, _ := net.Pipe()
		return client, nil
	}
	session, end := context.WithCancel(t.Context())
	socket, err := dialer{new(net.Dialer).DialContext, session}.connect(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := socket.(syscall.Conn); !ok {
		t.Error("a socket does not look like one")
	}
	other, _ := dialer{pipe, session}.connect(t.Context(), "", "")
	if _, ok := other.(syscall.Conn); ok {
		t.Error("what is no socket looks like one")
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	forbidden, _ := dialer{pipe, session}.connect(over, "", "")
	if _, err := forbidden.Read(nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a dial whose context has ended: %v", err)
	}
	end()
	late, _ := dialer{pipe, session}.connect(t.Context(), "", "")
	for _, c := range []net.Conn{socket, other, late} {
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Errorf("%T is open after its session has ended", c)
		}
		_ = c.Close()
	}
}

// Failed dials don't make the derived client refuse to dial again.
func TestAFailedDialDoesNotLast(t *testing.T) {
	refused, up := errors.New("refused"), false
	answering := func(context.Context, string, string) (net.Conn, error) {
		if !up {
			return nil, refused
		}
		client, server := net.Pipe()
		go answerPong(server)
		return client, nil
	}
	given := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", Dialer: answering, Protocol: 2, DisableIdentity: true})
	defer given.Close()
	own, _ := Derive(given)
	defer own.Close()
	for range 50 {
		if err := own.Ping(t.Context()).Err(); !errors.Is(err, refused) {
			t.Fatalf("while dials fail: %v", err)
		}
	}
	up = true
	if err := own.Ping(t.Context()).Err(); err != nil {
		t.Errorf("once they don't: %v", err)
	}
}

// answerPong answers whatever it is asked, until the connection is closed.
func answerPong(c net.Conn) {
	defer c.Close()
	b := make([]byte, 4096)
	for {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		answer := strings.Repeat("-ERR no\r\n", strings.Count(string(b[:n]), "*")) // a handshake
		if strings.Contains(strings.ToLower(string(b[:n])), "ping") {
			answer = "+PONG\r\n"
		}
		if _, err := c.Write([]byte(answer)); err != nil {
			return
		}
	}
}
