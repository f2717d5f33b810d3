package singleton_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/singleton"
)

// Of all processes that run it one works, and another when that one stops.
func TestRunRunsOneOfMany(t *testing.T) {
	bubble(t, func(w *world) {
		d, working := w.diary(), 0
		work := d.of(func(ctx context.Context, _ election.Term) error {
			if working++; working > 1 {
				w.Errorf("%d work at a time", working)
			}
			<-ctx.Done()
			working--
			return ctx.Err()
		})
		stops, errs := make(chan context.CancelFunc, 3), make(chan error)
		for range 3 {
			client := w.redis.Client()
			go func() {
				ctx, stop := context.WithCancel(w.Context())
				defer stop()
				errs <- singleton.Run(ctx, client, "x", func(ctx context.Context, term election.Term) error {
					stops <- stop
					return work(ctx, term)
				})
			}()
		}
		for range 3 {
			time.Sleep(time.Minute)
			(<-stops)()
			if err := <-errs; err != nil {
				w.Errorf("Run returned %v", err)
			}
		}
		runs := d.read()
		if len(runs) != 3 {
			w.Fatalf("ran %+v, want three runs", runs)
		}
		if first := runs[0].began; first < 15*time.Second || first > 16*time.Second {
			w.Errorf("first elected at %v, want it a lease of 15s after the first start ever", first)
		}
		for i, r := range runs[1:] {
			if r.began != runs[i].ended || r.term <= runs[i].term {
				w.Errorf("run %+v after %+v, want it at once and in a later term", r, runs[i])
			}
		}
		w.expectStatus(record.Vacant)
	})
}

func TestRunReturnsWhatWorkFailedWithWhileStopping(t *testing.T) {
	bubble(t, func(w *world) {
		ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
		defer cancel()
		err := singleton.Run(ctx, w.redis.Client(), "x", func(ctx context.Context, _ election.Term) error {
			<-ctx.Done()
			return errBoom
		})
		if !errors.Is(err, errBoom) {
			w.Errorf("Run returned %v", err)
		}
	})
}

func TestRunRefusesWhatMakesNoSense(t *testing.T) {
	bubble(t, func(w *world) {
		dials := 0
		client := w.redis.Client(func(o *redis.Options) {
			dial := o.Dialer
			o.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
				dials++
				return dial(ctx, network, addr)
			}
		})
		tests := map[string]struct {
			rdb  election.Redis
			name string
			work election.Work
		}{
			"no client": {nil, "x", obey},
			"a ring":    {redis.NewRing(&redis.RingOptions{}), "x", obey},
			"no name":   {client, "", obey},
			"bad name":  {client, "nightly report", obey},
			"no work":   {client, "x", nil},
		}
		for name, tc := range tests {
			if ring, ok := tc.rdb.(*redis.Ring); ok {
				defer ring.Close()
			}
			if err := singleton.Run(w.Context(), tc.rdb, tc.name, tc.work); !errors.Is(err, election.ErrConfig) {
				w.Errorf("%s: Run returned %v, want ErrConfig", name, err)
			}
		}
		if dials != 0 || w.now() != 0 {
			w.Errorf("Run connected %d times and took %v", dials, w.now())
		}
	})
}
