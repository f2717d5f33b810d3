package redistest

import (
	"context"
	"io"
	"net"
	"sync"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/link"
)

// Link returns a new network to the server, which fails as that of a [Stub] does,
// in real time. It is cut at the end of the test.
func (s *Server) Link() *link.Link {
	b := &bridge{addr: s.Addr()}
	l := link.New(b.serve)
	s.tb.Cleanup(func() {
		l.Cut()
		b.running.Wait()
	})
	return l
}

// ClientThrough returns a client as Client does, which reaches the server through
// l.
func (s *Server) ClientThrough(l *link.Link, mutate ...func(*redis.Options)) *redis.Client {
	o := &redis.Options{Addr: link.Addr}
	o.Dialer = boundedDialer(l, o)
	return newClient(s.tb, o, mutate)
}

// bridge carries bytes between the connections of a link and a real server.
type bridge struct {
	addr    string
	running sync.WaitGroup
}

func (b *bridge) serve(near net.Conn) {
	b.running.Go(func() {
		defer near.Close()
		far, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", b.addr)
		if err != nil {
			return // the server is down: so the connection is closed at once
		}
		defer far.Close()
		b.running.Go(func() {
			_, _ = io.Copy(far, near) // it ends by a close or a fault, which both sides meet
			_ = far.Close()
		})
		_, _ = io.Copy(near, far)
	})
}
