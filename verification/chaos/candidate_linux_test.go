package chaos

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A candidate ends in order, also if its requests to step down have no answer yet.
func TestCandidateEndsWithItsStepDowns(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // connects, and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	_, fence := startFence(t)
	dir := t.TempDir()
	output := filepath.Join(dir, "log")
	s := newSpawner()
	defer s.close()
	c, err := s.startChild("", role{Candidate: &candidateConfig{
		ID: "a", Addr: silent.Addr().String(), Fence: fence.Socket, Journal: filepath.Join(dir, "journal"), Lease: 2 * time.Second,
	}}, output)
	if err != nil {
		t.Fatal(err)
	}
	defer c.kill()
	for range 50 {
		c.tell(cmdStepDown)
	}
	c.tell(cmdStop)
	if err := c.await(patience); err != nil {
		t.Fatal(err)
	}
	if c.status() != "exit status 0" {
		text, _ := os.ReadFile(output)
		t.Errorf("it ends with %s:\n%s", c.status(), text)
	}
}
