package demo

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A screen keeps what was written, write by write. It is safe for concurrent use.
type screen struct {
	mu     sync.Mutex
	writes []string
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes = append(s.writes, string(bytes.Clone(b)))
	return len(b), nil
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.writes, "")
}

// newDemo returns a demonstration with these arguments and this REDIS_URL.
func newDemo(redisURL string, args ...string) (d *Demo, stdout, stderr *screen) {
	stdout, stderr = &screen{}, &screen{}
	d = New("example")
	d.args, d.stdout, d.stderr = args, stdout, stderr
	d.env = func(name string) string {
		if name == "REDIS_URL" {
			return redisURL
		}
		return ""
	}
	return d, stdout, stderr
}

// asleep is an instance that does nothing.
func asleep(ctx context.Context, _ *Candidate) error {
	<-ctx.Done()
	return nil
}
