package register_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/register"
)

// A dial that hangs holds a call up for no longer than an attempt.
func TestADialThatHangsEndsWithItsAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rdb := redis.NewClient(&redis.Options{Addr: "x:1", Dialer: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		defer rdb.Close()
		d := register.NewDirect(rdb, 2, time.Second)
		defer d.Stop()
		s := register.NewSource("return 1")
		began := time.Now()
		_, err := d.Run(t.Context(), time.Second, s, s.Command(0, 0))
		if took := time.Since(began); !errors.Is(err, register.ErrUnavailable) || took > time.Second {
			t.Errorf("%v after %v", err, took)
		}
	})
}
