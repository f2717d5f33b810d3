package link_test

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestReadDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client, server := connected(t)
		start := time.Now()
		_ = client.SetReadDeadline(start.Add(time.Second))
		expectError(t, client, os.ErrDeadlineExceeded)
		expectElapsed(t, start, time.Second)

		send(t, server, "late")
		expectError(t, client, os.ErrDeadlineExceeded) // until it is moved
		_ = client.SetReadDeadline(time.Time{})
		expect(t, client, "late")
	})
}

func TestDeadlineMovesUnderAReadThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client, _ := connected(t)
		start := time.Now()
		time.AfterFunc(time.Second, func() { _ = client.SetDeadline(time.Now().Add(time.Second)) })
		expectError(t, client, os.ErrDeadlineExceeded)
		expectElapsed(t, start, 2*time.Second)
	})
}

func TestWriteDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client, server := connected(t)
		_ = client.SetWriteDeadline(time.Now().Add(time.Second))
		send(t, client, "in time")
		time.Sleep(time.Second)

		_, err := client.Write([]byte("too late"))
		var netErr net.Error
		if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &netErr) || !netErr.Timeout() {
			t.Fatalf("Write: %v, want a time-out", err)
		}
		expect(t, server, "in time")
		expectSilence(t, server, time.Minute)
	})
}

func TestCloseUnblocksBothEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client, server := connected(t)
		own, peer := readError(client), readError(server)
		synctest.Wait()
		if err := client.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
		if err := <-own; !errors.Is(err, net.ErrClosed) {
			t.Errorf("read of the closed end: %v, want %v", err, net.ErrClosed)
		}
		if err := <-peer; err != io.EOF {
			t.Errorf("read of the other end: %v, want io.EOF itself", err)
		}
	})
}

// readError reads in the background and returns what ends the read.
func readError(c net.Conn) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		done <- err
	}()
	return done
}

func TestPeerReadsTheRestBeforeEOF(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, client, server := connected(t)
		l.SetLatency(10 * time.Millisecond)
		start := time.Now()
		send(t, client, "last words")
		_ = client.Close()
		expect(t, server, "last words")
		expectError(t, server, io.EOF)
		expectElapsed(t, start, 10*time.Millisecond)

		send(t, server, "to nobody") // as on TCP, the first write succeeds
	})
}

func TestUseAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client, _ := connected(t)
		_ = client.Close()
		_, readErr := client.Read(make([]byte, 1))
		_, writeErr := client.Write([]byte("x"))
		for name, err := range map[string]error{
			"Read":        readErr,
			"Write":       writeErr,
			"Close":       client.Close(),
			"SetDeadline": client.SetDeadline(time.Now()),
		} {
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s after Close: %v, want %v", name, err, net.ErrClosed)
			}
		}
	})
}

func TestAddressesAreNumericAndDistinct(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, client, server := connected(t)
		if got := client.RemoteAddr().String(); got != "10.0.0.1:6379" {
			t.Errorf("RemoteAddr() = %s", got)
		}
		if _, ok := client.RemoteAddr().(*net.TCPAddr); !ok {
			t.Errorf("RemoteAddr() is a %T", client.RemoteAddr())
		}
		if client.LocalAddr().String() != server.RemoteAddr().String() {
			t.Errorf("the client is at %s, the server sees %s", client.LocalAddr(), server.RemoteAddr())
		}
		if other := dial(t, l); other.LocalAddr().String() == client.LocalAddr().String() {
			t.Errorf("two clients at %s", client.LocalAddr())
		}
	})
}

func TestErrorsReadAsThoseOfPackageNet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, client, _ := connected(t)
		l.Cut()
		_, err := client.Read(make([]byte, 1))
		if !errors.Is(err, syscall.ECONNRESET) || !strings.HasSuffix(err.Error(), "->10.0.0.1:6379: read: connection reset by peer") {
			t.Errorf("Read: %v", err)
		}
		_, err = l.Dial(t.Context(), "tcp", "elsewhere:1")
		if want := "dial tcp 10.0.0.1:6379: connect: connection refused"; err == nil || err.Error() != want {
			t.Errorf("Dial: %v, want %s", err, want)
		}
	})
}
