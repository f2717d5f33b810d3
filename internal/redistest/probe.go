package redistest

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const probeTimeout = time.Second

// probe returns nil if the server answers, and is ours: on a port that was
// taken in the meantime a stranger may answer while our process is about to
// exit. A server that asks for a password is taken at its word.
func (s *Server) probe(ctx context.Context) error {
	if err := s.listening(ctx); err != nil {
		return err
	}
	client := redis.NewClient(&redis.Options{
		Addr:        s.Addr(),
		MaxRetries:  -1,
		ReadTimeout: probeTimeout,
	})
	defer client.Close()

	err := client.Ping(ctx).Err()
	if redis.IsAuthError(err) {
		return nil
	}
	if err != nil {
		return err
	}
	info, err := client.Info(ctx, "server").Result()
	if err != nil {
		return err
	}
	if !strings.Contains(info, fmt.Sprintf("process_id:%d\r\n", s.Pid())) {
		return fmt.Errorf("another server answers on %s", s.Addr())
	}
	return nil
}

// listening returns nil if somebody listens on the port. A client that dials
// in vain would log it each time.
func (s *Server) listening(ctx context.Context) error {
	dialer := net.Dialer{Timeout: probeTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", s.Addr())
	if err != nil {
		return err
	}
	return conn.Close()
}
