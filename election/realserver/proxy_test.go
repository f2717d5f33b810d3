package realserver_test

import (
	"net"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
)

// proxy stands between a client and a real server, and fails on request.
type proxy struct {
	t       *testing.T
	server  string
	accepts net.Listener
	running sync.WaitGroup

	mu    sync.Mutex
	down  bool
	conns map[net.Conn]bool
	lose  func(request []byte) bool // whether the answer to it shall get lost
}

func newProxy(t *testing.T, server string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, server: server, accepts: l, conns: map[net.Conn]bool{}}
	p.running.Go(p.serve)
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		p.running.Wait()
	})
	return p
}

// client returns a client that reaches the server through the proxy.
func (p *proxy) client(change ...func(*redis.Options)) *redis.Client {
	o := &redis.Options{Addr: p.accepts.Addr().String()}
	for _, c := range change {
		c(o)
	}
	client := redis.NewClient(o)
	p.t.Cleanup(func() { _ = client.Close() })
	return client
}

// cut breaks all connections, and those to come.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = true
	for c := range p.conns {
		_ = c.Close()
	}
}

// heal lets connections through again.
func (p *proxy) heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = false
}

// loseAnswers breaks a connection when the answer to a request comes that is
// chosen: it was executed, and its sender can't know.
func (p *proxy) loseAnswers(to func(request []byte) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose = to
}

func (p *proxy) serve() {
	for {
		client, err := p.accepts.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		if !p.admit(client, server) {
			continue
		}
		w := &wire{proxy: p, client: client, server: server}
		p.running.Go(w.requests)
		p.running.Go(w.answers)
	}
}

// admit keeps the connections for cut, which may have come before.
func (p *proxy) admit(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if p.down {
			_ = c.Close()
		} else {
			p.conns[c] = true
		}
	}
	return !p.down
}

func (p *proxy) loses(request []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lose != nil && p.lose(request)
}

// wire is one connection through a proxy.
type wire struct {
	proxy          *proxy
	client, server net.Conn

	mu     sync.Mutex
	losing bool // the next answer
}

func (w *wire) close() {
	_ = w.client.Close()
	_ = w.server.Close()
	w.proxy.mu.Lock()
	defer w.proxy.mu.Unlock()
	delete(w.proxy.conns, w.client)
	delete(w.proxy.conns, w.server)
}

func (w *wire) requests() {
	defer w.close()
	b := make([]byte, 64<<10)
	for {
		n, err := w.client.Read(b)
		if err != nil {
			return
		}
		if w.proxy.loses(b[:n]) {
			w.mu.Lock()
			w.losing = true
			w.mu.Unlock()
		}
		if _, err := w.server.Write(b[:n]); err != nil {
			return
		}
	}
}

func (w *wire) answers() {
	defer w.close()
	b := make([]byte, 64<<10)
	for {
		n, err := w.server.Read(b)
		if err != nil || w.isLosing() {
			return
		}
		if _, err := w.client.Write(b[:n]); err != nil {
			return
		}
	}
}

func (w *wire) isLosing() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.losing
}
