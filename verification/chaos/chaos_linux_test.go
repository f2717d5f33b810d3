package chaos

import (
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.com/incumbent/internal/redistest"
)

func TestMain(m *testing.M) {
	if RunRole() {
		return
	}
	goleak.VerifyTestMain(m)
}

// A short run. It ends with a calm, so it takes a little longer than it is told.
func TestChaos(t *testing.T) {
	server := os.Getenv(redistest.ServerVariable)
	if server == "" {
		redistest.Missing(t, "left out: needs a redis-server; ./test.sh runs it")
	}
	dir, err := os.MkdirTemp("", "chaos") // not the test's own: it outlives a failure
	if err != nil {
		t.Fatal(err)
	}
	s, err := Run(t.Context(), Options{For: redistest.Either(20*time.Second, 40*time.Second), Seed: 1, Candidates: 4, RedisServer: server, Dir: dir, Progress: t.Output()})
	if s != nil {
		t.Logf("\n%v", s)
	}
	switch {
	case err != nil:
		t.Fatal(err)
	case s.Failed():
		t.Errorf("%d promises were broken; the journals are in %s", len(s.Violations), s.Logs)
		return
	case s.Terms < 2 || len(s.Faults) < 5:
		t.Errorf("%d terms, %d kinds of faults: nothing happened that could have shown anything", s.Terms, len(s.Faults))
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
}
