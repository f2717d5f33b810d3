package link_test

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/internal/link"
)

// accepting returns a Link whose server's ends come out of the channel.
func accepting() (*link.Link, <-chan net.Conn) {
	accepted := make(chan net.Conn, 16)
	return link.New(func(c net.Conn) { accepted <- c }), accepted
}

// connected returns a Link with one connection through it, closed at the end
// of the test.
func connected(t *testing.T) (l *link.Link, client, server net.Conn) {
	t.Helper()
	l, accepted := accepting()
	client = dial(t, l)
	server = <-accepted
	t.Cleanup(func() { _ = server.Close() })
	return l, client, server
}

func dial(t *testing.T, l *link.Link) net.Conn {
	t.Helper()
	c, err := l.Dial(t.Context(), "tcp", link.Addr)
	if err != nil {
		t.Fatalf("Dial: %v", err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if n, err := io.WriteString(c, text); n != len(text) || err != nil {
		t.Fatalf("Write(%q) = %d, %v", text, n, err)
	}
}

// expect reads exactly text.
func expect(t *testing.T, c net.Conn, text string) {
	t.Helper()
	got := make([]byte, len(text))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != text {
		t.Fatalf("read %q, %v; want %q", got[:n], err, text)
	}
}

// expectError reads and wants nothing but an error that is want.
func expectError(t *testing.T, c net.Conn, want error) {
	t.Helper()
	if n, err := c.Read(make([]byte, 64)); n != 0 || !errors.Is(err, want) {
		t.Fatalf("Read = %d, %v; want 0, %v", n, err, want)
	}
}

// expectSilence wants nothing to come within d.
func expectSilence(t *testing.T, c net.Conn, d time.Duration) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(d)); err != nil {
		t.Fatal(err)
	}
	var timeout net.Error
	n, err := c.Read(make([]byte, 64))
	if n != 0 || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatalf("Read = %d, %v; want a time-out", n, err)
	}
	if err := c.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
}

func expectElapsed(t *testing.T, since time.Time, want time.Duration) {
	t.Helper()
	if got := time.Since(since); got != want {
		t.Fatalf("took %v, want %v", got, want)
	}
}

func TestBytesPassBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client, server := connected(t)
		start := time.Now()
		send(t, client, "ping")
		expect(t, server, "ping")
		send(t, server, "pong")
		expect(t, client, "pong")
		expectElapsed(t, start, 0)
	})
}

func TestWriteNeverBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client, server := connected(t)
		chunk := make([]byte, 1<<20)
		for range 8 {
			send(t, server, string(chunk)) // nobody reads
		}
		if n, err := io.ReadFull(client, make([]byte, 8<<20)); err != nil {
			t.Fatalf("read %d bytes, then %v", n, err)
		}
	})
}

func TestWriterMayReuseItsBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client, server := connected(t)
		buf := []byte("one")
		_, _ = client.Write(buf)
		copy(buf, "two")
		expect(t, server, "one")
	})
}

func TestReadTakesWhatFits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client, server := connected(t)
		send(t, client, "abc")
		expect(t, server, "a")
		if n, err := server.Read(nil); n != 0 || err != nil {
			t.Fatalf("Read(nil) = %d, %v", n, err)
		}
		expect(t, server, "bc")
	})
}

func TestLatencyIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, accepted := accepting()
		l.SetLatency(30 * time.Millisecond)

		start := time.Now()
		client := dial(t, l)
		expectElapsed(t, start, 30*time.Millisecond)
		server := <-accepted
		defer server.Close()

		start = time.Now()
		send(t, client, "ping")
		expect(t, server, "ping")
		expectElapsed(t, start, 30*time.Millisecond)
		send(t, server, "pong")
		expect(t, client, "pong")
		expectElapsed(t, start, 60*time.Millisecond)
	})
}

func TestChunksInFlightKeepOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, client, server := connected(t)
		start := time.Now()
		l.SetLatency(50 * time.Millisecond)
		send(t, client, "slow ")
		l.SetLatency(10 * time.Millisecond)
		send(t, client, "fast ")
		time.Sleep(45 * time.Millisecond)
		send(t, client, "later")

		expect(t, server, "slow fast ")
		expectElapsed(t, start, 50*time.Millisecond)
		expect(t, server, "later")
		expectElapsed(t, start, 55*time.Millisecond)
	})
}

func TestConnsCountsWhatIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, accepted := accepting()
		expectConns(t, l, 0)
		first, second := dial(t, l), dial(t, l)
		expectConns(t, l, 2)
		_ = first.Close()
		expectConns(t, l, 1)
		l.Reset()
		expectConns(t, l, 0)
		dial(t, l)
		expectConns(t, l, 1)
		_ = second.Close()

		for range 3 {
			_ = (<-accepted).Close()
		}
		expectConns(t, l, 0)
	})
}

func expectConns(t *testing.T, l *link.Link, want int) {
	t.Helper()
	if got := l.Conns(); got != want {
		t.Fatalf("Conns() = %d, want %d", got, want)
	}
}

func TestDialHonoursItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := accepting()
		l.SetLatency(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()

		start := time.Now()
		_, err := l.Dial(ctx, "tcp", link.Addr)
		var netErr net.Error
		if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &netErr) || !netErr.Timeout() {
			t.Fatalf("Dial: %v, want a time-out by the context", err)
		}
		expectElapsed(t, start, 100*time.Millisecond)
		expectConns(t, l, 0)
	})
}

func TestDialIsRefusedAfterOneLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := accepting()
		l.SetLatency(20 * time.Millisecond)
		l.Cut()
		start := time.Now()
		if _, err := l.Dial(t.Context(), "tcp", link.Addr); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatalf("Dial: %v, want %v", err, syscall.ECONNREFUSED)
		}
		expectElapsed(t, start, 20*time.Millisecond)
	})
}
