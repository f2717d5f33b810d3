package redistest

import (
	"errors"
	"testing"
)

func TestAStrangerOnThePortIsNotTakenForOurs(t *testing.T) {
	other := Start(t)
	s := &Server{tb: t, binary: other.binary, dir: t.TempDir(), port: other.port}
	t.Cleanup(s.Kill)
	if err := s.launch(); !errors.Is(err, errExited) {
		t.Errorf("launch on the port of another server: %v, want %v", err, errExited)
	}
}
