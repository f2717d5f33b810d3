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

func TestRepliesToChosenRequestsAreLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, client, server := connected(t)
		l.LoseRepliesTo(func(request []byte) bool { return string(request) == "set" })
		send(t, client, "get")
		expect(t, server, "get")
		send(t, server, "value")
		expect(t, client, "value")
		send(t, client, "set")
		expect(t, server, "set") // it arrives
		send(t, server, "ok")
		expectError(t, client, syscall.ECONNRESET)
		expectConns(t, l, 0)
	})
}
