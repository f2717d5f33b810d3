package link_test

import (
	"context"
	"errors"
	"io"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/internal/link"
)

func TestStallDeliversInOrderAfterResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, client, server := connected(t)
		l.SetLatency(20 * time.Millisecond)
		send(t, client, "in flight, ")
		l.Stall(link.ToServer)
		send(t, client, "held")
		expectSilence(t, server, time.Hour)
		send(t, server, "other way")
		expect(t, client, "other way")

		l.Resume(link.ToServer)
		start := time.Now()
		expect(t, server, "in flight, held")
		expectElapsed(t, start, 0)
	})
}

func TestResumeWakesAReadThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, client, server := connected(t)
		l.SetLatency(20 * time.Millisecond)
		l.Stall()
		start := time.Now()
		send(t, server, "held")
		time.AfterFunc(time.Second, func() { l.Resume() })
		expect(t, client, "held")
		expectElapsed(t, start, time.Second)
	})
}

func TestResumeDoesNotShortenTheLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, client, server := connected(t)
		l.SetLatency(time.Second)
		l.Stall()
		start := time.Now()
		send(t, server, "young")
		l.Resume()
		expect(t, client, "young")
		expectElapsed(t, start, time.Second)
	})
}

func TestStallHoldsNothingThatHasArrived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, client, server := connected(t)
		l.SetLatency(time.Millisecond)
		send(t, server, "arrived")
		time.Sleep(time.Millisecond)
		l.Stall()
		expect(t, client, "arrived")
	})
}

func TestStallHoldsTheEndOfAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, client, server := connected(t)
		l.Stall()
		_ = client.Close()
		expectSilence(t, server, time.Hour)
		l.Resume()
		expectError(t, server, io.EOF)
	})
}

func TestDialHangsWhileStalledOrSwallowed(t *testing.T) {
	faults := map[string]func(*link.Link, ...link.Direction){
		"Stall": (*link.Link).Stall, "Swallow": (*link.Link).Swallow,
	}
	for name, fault := range faults {
		for _, dir := range []link.Direction{link.ToServer, link.ToClient} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					l, accepted := accepting()
					fault(l, dir)
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					if _, err := l.Dial(ctx, "tcp", link.Addr); !errors.Is(err, context.DeadlineExceeded) {
						t.Fatalf("Dial: %v, want %v", err, context.DeadlineExceeded)
					}

					start := time.Now()
					time.AfterFunc(time.Second, l.Heal)
					dial(t, l)
					expectElapsed(t, start, time.Second)
					_ = (<-accepted).Close()
				})
			})
		}
	}
}

func TestSwallowedBytesStayLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, client, server := connected(t)
		l.SetLatency(20 * time.Millisecond)
		send(t, client, "sent before, ")
		l.Swallow(link.ToServer)
		send(t, client, "swallowed")
		send(t, server, "other way")
		expect(t, client, "other way")
		l.Heal()
		send(t, client, "sent after")
		expect(t, server, "sent before, sent after")
	})
}

func TestCloseIsLearntAfterABlackHole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, client, server := connected(t)
		l.Swallow()
		_ = client.Close()
		expectSilence(t, server, time.Hour)
		l.Heal()
		expectError(t, server, io.EOF)
	})
}

func TestCutBreaksBothEndsUntilHeal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, client, server := connected(t)
		send(t, server, "arrived")
		time.Sleep(time.Millisecond)
		l.SetLatency(20 * time.Millisecond)
		send(t, server, "lost")
		waiting := readError(server)
		synctest.Wait()
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
		expectError(t, client, syscall.ECONNRESET) // a new road, not the old car
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
			send(t, server, "1")
			expectError(t, server, syscall.ECONNRESET)
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

func TestCutAfterEndsInMidReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, client, server := connected(t)
		other := dial(t, l)
		l.SetLatency(10 * time.Millisecond)
		l.CutAfter(5)
		send(t, client, "does not count")
		expect(t, server, "does not count")
		send(t, server, "+OK")
		send(t, server, "$5hello")
		expect(t, client, "+OK$5")
		expectError(t, client, syscall.ECONNRESET)
		expectError(t, server, syscall.ECONNRESET)
		expectSilence(t, other, time.Hour) // still up
		expectConns(t, l, 1)
	})
}

func TestHealDisarmsWhatHasNotHappened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, client, server := connected(t)
		l.LoseReplies(1)
		l.CutAfter(1)
		l.Stall()
		l.Heal()
		send(t, server, "whole")
		expect(t, client, "whole")
		expectConns(t, l, 1)
	})
}

func TestFaultsOfOneLinkSpareAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cutOff, _, _ := connected(t)
		_, client, server := connected(t)
		cutOff.Cut()
		cutOff.Swallow()
		send(t, client, "ping")
		expect(t, server, "ping")
	})
}
