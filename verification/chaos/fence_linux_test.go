package chaos

import (
	"path/filepath"
	"testing"
	"time"
)

func startFence(t *testing.T) (*child, fenceConfig) {
	t.Helper()
	dir := t.TempDir()
	cfg := fenceConfig{Socket: filepath.Join(dir, "fence.sock"), Journal: filepath.Join(dir, "journal")}
	s := newSpawner()
	c, err := s.startChild("", role{Fence: &cfg}, filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.kill()
		s.close()
	})
	w := &world{dir: dir, fence: c, ctx: t.Context()}
	if err := w.awaitFence(); err != nil {
		t.Fatal(err)
	}
	return c, cfg
}

func TestFenceRefusesOlderTerms(t *testing.T) {
	_, cfg := startFence(t)
	client, err := dialFence(cfg.Socket)
	if err != nil {
		t.Fatal(err)
	}
	defer client.conn.Close()
	for _, term := range []int64{5, 5, 7, 6, 7} {
		if err := client.write(term); err != nil {
			t.Fatal(err)
		}
	}
	c := newCourt(t)
	c.start += time.Hour
	if _, err := c.follow(0, cfg.Journal); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(patience)
	for c.summary().Entries < 5 {
		select {
		case <-deadline:
			t.Fatalf("%d decisions were noted", c.summary().Entries)
		case <-time.After(10 * time.Millisecond):
		}
		if err := c.pump(); err != nil {
			t.Fatal(err)
		}
	}
	if s := c.summary(); s.Refused != 1 || s.Failed() {
		t.Errorf("%d writes were refused; %v", s.Refused, s.Violations)
	}
}

// A child that loses its parent sees the end of its standard input.
func TestAChildEndsWithItsParent(t *testing.T) {
	c, _ := startFence(t)
	_ = c.stdin.Close()
	if err := c.await(patience); err != nil {
		t.Error(err)
	}
}
