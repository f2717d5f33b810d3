package link_test

import (
	"errors"
	"io"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/internal/link"
)

func TestCutBreaksBothEndsUntilHeal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, client, server := connected(t)
		waiting := readError(server)
		l.SetLatency(20 * time.Millisecond)
		send(t, server, "arrived")
		time.Sleep(10 * time.Millisecond)
		send(t, server, "lost")
		time.Sleep(10 * time.Millisecond)
		l.Cut()

		if err := <-waiting; !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read of the server's end: %v", err)
		}
		expect(t, client, "arrived")
		expectError(t, client, syscall.ECONNRESET)
		expectWriteReset(t, client)
		expectWriteReset(t, server)
		if _, err := l.Dial(t.Context(), "tcp", link.Addr); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("Dial: %v, want %v", err, syscall.ECONNREFUSED)
		}

		l.Heal()
		dial(t, l)
		expectError(t, client, syscall.ECONNRESET) // the old one stays broken
		_ = client.Close()
		time.Sleep(time.Second)
		expectError(t, server, syscall.ECONNRESET) // and nobody says goodbye on it
	})
}

func expectWriteReset(t *testing.T, c io.Writer) {
	t.Helper()
	if _, err := io.WriteString(c, "x"); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("Write: %v, want %v", err, syscall.ECONNRESET)
	}
}

func TestCutRefusesADialThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := accepting()
		l.Stall()
		time.AfterFunc(time.Second, l.Cut)
		if _, err := l.Dial(t.Context(), "tcp", link.Addr); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatalf("Dial: %v, want %v", err, syscall.ECONNREFUSED)
		}
	})
}

func TestResetLetsNewConnectionsWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, accepted := accepting()
		old := dial(t, l)
		defer (<-accepted).Close()
		l.Reset()
		expectError(t, old, syscall.ECONNRESET)

		client := dial(t, l)
		server := <-accepted
		defer server.Close()
		send(t, client, "again")
		expect(t, server, "again")
	})
}

func TestLostRepliesBreakTheirConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, accepted := accepting()
		l.SetLatency(10 * time.Millisecond)
		l.LoseReplies(2)
		for range 2 {
			client := dial(t, l)
			server := <-accepted
			defer server.Close()
			send(t, client, "INCR")
			expect(t, server, "INCR") // executed
			start := time.Now()
			waiting := readError(server)
			synctest.Wait()
			send(t, server, "1")
			if err := <-waiting; !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("read of the server's end: %v", err)
			}
			expectElapsed(t, start, 0)
			expectError(t, client, syscall.ECONNRESET)
			expectElapsed(t, start, 10*time.Millisecond)
			expectWriteReset(t, client)
		}

		client := dial(t, l)
		server := <-accepted
		defer server.Close()
		send(t, server, "3")
		expect(t, client, "3")
	})
}

func TestLosingRepliesSparesWhatIsOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, client, server := connected(t)
		l.SetLatency(10 * time.Millisecond)
		send(t, server, "on its way")
		l.LoseReplies(1)
		send(t, client, "to the server")
		expect(t, server, "to the server")
		send(t, server, "lost")
		expect(t, client, "on its way")
		expectError(t, client, syscall.ECONNRESET)
	})
}

func TestAReplyToNobodyIsNotCountedAsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, client, server := connected(t)
		_ = client.Close()
		l.LoseReplies(1)
		send(t, server, "to nobody")
		send(t, server, "to nobody") // and breaks nothing
	})
}

func TestWriteLearnsOfABreakFromAfar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, client, server := connected(t)
		l.SetLatency(10 * time.Millisecond)
		l.LoseReplies(1)
		send(t, server, "lost")
		send(t, client, "in good faith")
		time.Sleep(10 * time.Millisecond)
		expectWriteReset(t, client)
	})
}

func TestCutAfterEndsInMidReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, accepted := accepting()
		client, other := dial(t, l), dial(t, l)
		server, otherServer := <-accepted, <-accepted
		defer server.Close()
		defer otherServer.Close()
		l.SetLatency(10 * time.Millisecond)
		l.CutAfter(5)
		send(t, client, "does not count")
		expect(t, server, "does not count")
		send(t, server, "+OK")
		send(t, server, "$5hello")
		expect(t, client, "+OK$5")
		expectError(t, client, syscall.ECONNRESET)
		expectError(t, server, syscall.ECONNRESET)

		send(t, otherServer, "only once")
		expect(t, other, "only once")
		expectConns(t, l, 1)
	})
}
