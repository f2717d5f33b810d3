package cell

import (
	"net"
	"sync"
	"time"
)

// A line is a way to a server that takes long.
type line struct {
	target   string
	delay    time.Duration // one way
	listener net.Listener
	running  sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

func startLine(target string, delay time.Duration) (*line, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &line{target: target, delay: delay, listener: listener}
	l.running.Go(l.serve)
	return l, nil
}

func (l *line) addr() string { return l.listener.Addr().String() }

// close ends all connections and waits until nothing of the line is left.
func (l *line) close() {
	_ = l.listener.Close()
	l.mu.Lock()
	for _, c := range l.conns {
		_ = c.Close()
	}
	l.mu.Unlock()
	l.running.Wait()
}

func (l *line) serve() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", l.target)
		if err != nil {
			_ = near.Close()
			continue
		}
		l.mu.Lock()
		l.conns = append(l.conns, near, far)
		l.mu.Unlock()
		l.running.Go(func() { l.carry(near, far) })
		l.running.Go(func() { l.carry(far, near) })
	}
}

// parcel is what was read at once, and when it is to be delivered.
type parcel struct {
	bytes []byte
	due   time.Time
}

// carry delivers what it reads, each part a delay later.
func (l *line) carry(from, to net.Conn) {
	way := make(chan parcel, 1024)
	l.running.Go(func() {
		for p := range way {
			time.Sleep(time.Until(p.due))
			_, _ = to.Write(p.bytes) // the reading side meets the same failure
		}
		_ = to.Close()
	})
	defer close(way)
	buffer := make([]byte, 1<<16)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			way <- parcel{append([]byte(nil), buffer[:n]...), time.Now().Add(l.delay)}
		}
		if err != nil {
			return
		}
	}
}
