package main

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/demo/demotest"
)

func TestMain(m *testing.M) { demotest.Main(m) }

// restarts is how often a process is restarted.
const restarts = 20

// Three processes consume numbered messages, one at a time. SIGTERM restarts the one that
// leads, again and again: no message is lost, none is processed twice, and all in order.
func TestRestartsLoseNoMessage(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer rdb.Close()
	if err := server.Set("incumbent:{consumer}", "1 V 41 7 5000 - AAAAAAAAAAAAAAAA - -"); err != nil { // led before
		t.Fatal(err)
	}
	e, err := election.New(rdb, election.Config{Name: "consumer"})
	if err != nil {
		t.Fatal(err)
	}
	processes := map[string]*demotest.Process{}
	begin := func(id string) {
		processes[id] = demotest.Start(t, "-redis", "redis://"+server.Addr(), "-id", id)
	}
	for _, id := range []string{"A", "B", "C"} {
		begin(id)
	}
	stop := make(chan struct{})
	sent := make(chan int, 1)
	go func() { sent <- feed(rdb, stop) }()

	terms := 0
	for leader, err := range e.Observe(t.Context()) {
		if err != nil || leader.Nobody() || leader.Draining {
			continue
		}
		if terms++; terms > restarts {
			break
		}
		begun := rdb.LLen(t.Context(), "processed").Val()
		await(t, "a message in the new term", func() bool { return rdb.LLen(t.Context(), "processed").Val() > begun })
		stopped := processes[leader.ID]
		stopped.Signal(syscall.SIGTERM)
		if code := stopped.Exit(); code != 0 {
			t.Fatalf("%s ended with code %d", leader.ID, code)
		}
		begin(leader.ID)
	}
	close(stop)
	total := <-sent
	await(t, "the last message", func() bool { return rdb.LLen(t.Context(), "messages").Val() == 0 })
	for _, p := range processes { // which finish what they have in hand
		p.Signal(syscall.SIGTERM)
	}
	for _, p := range processes {
		p.Exit()
	}
	processed := rdb.LRange(t.Context(), "processed", 0, -1).Val()
	if len(processed) != total || total < restarts {
		t.Errorf("%d messages were processed of %d", len(processed), total)
	}
	for i, message := range processed {
		if message != strconv.Itoa(i) {
			t.Fatalf("message %d is %s", i, message)
		}
	}
	t.Logf("%d messages, %d restarts", total, restarts)
}

// feed sends numbered messages until stop, and returns how many. It keeps some waiting, so that
// each restart cuts into work, and no more than that.
func feed(rdb *redis.Client, stop <-chan struct{}) (sent int) {
	for ticks := time.NewTicker(2 * time.Millisecond); ; {
		select {
		case <-stop:
			ticks.Stop()
			return sent
		case <-ticks.C:
		}
		if rdb.LLen(context.Background(), "messages").Val() > 100 {
			continue
		}
		if err := rdb.RPush(context.Background(), "messages", sent).Err(); err != nil {
			return sent
		}
		sent++
	}
}

// await asks again and again, for a minute.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited a minute for %s", what)
		}
		<-time.After(time.Millisecond)
	}
}

// The example is one file that anybody can copy: it builds in a module outside of this
// repository, runs as it says, and counts no message lost or doubled.
func TestServiceCanBeCopied(t *testing.T) {
	t.Parallel()
	program := demotest.BuildCopy(t)
	out, err := exec.CommandContext(t.Context(), program, "-restart", "500ms", "-for", "3s").CombinedOutput()
	text := string(out)
	if err != nil || strings.Count(text, "is restarted") < 3 || !strings.Contains(text, "0 lost, 0 doubled") {
		t.Errorf("%v, after printing\n%s", err, text)
	}
}
