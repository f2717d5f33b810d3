package probes_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/singleton"

	"example.com/incumbent/examples/recipes/internal/recipetest"
	"example.com/incumbent/examples/recipes/probes"
)

// get returns the status and the body of a path.
func get(h http.Handler, path string) (int, string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
	return w.Code, strings.TrimSpace(w.Body.String())
}

func wantStatus(t *testing.T, h http.Handler, path string, want int) {
	t.Helper()
	if got, body := get(h, path); got != want {
		t.Errorf("GET %s: %d %s, want %d", path, got, body, want)
	}
}

// process keeps a worker and observes its election beside it, until ctx ends.
func process(ctx context.Context, p *probes.Probes, workers *singleton.Group) error {
	ctx, cancel := context.WithCancel(ctx)
	var observing sync.WaitGroup
	observing.Go(func() { p.Observe(ctx, workers.Elector(recipetest.InBubble.Config().Name)) })
	err := workers.Run(ctx)
	cancel()
	observing.Wait()
	return err
}

// Two terms of one process, a partition and a crash. In each term /leader names the
// leader, who lives and is ready. While Redis does not answer, it may say that it does
// not know.
func TestTwoTermsAndACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		named := map[election.Term]bool{} // jobs never run at the same time
		recipetest.Run(t, recipetest.InBubble, func(ctx context.Context, p *recipetest.Process) error {
			conn, err := election.Connect(p.Client, election.Config{})
			if err != nil {
				return err
			}
			var handler http.Handler
			workers, err := singleton.NewGroup(conn, singleton.Worker{Election: p.Config(), Work: p.Watch(singleton.Every(recipetest.InBubble.Every,
				func(ctx context.Context, term election.Term) error {
					p.Job()
					if code, body := get(handler, "/leader"); code == http.StatusOK {
						named[term] = true
						if want := fmt.Sprintf(`{"id":%q,"meta":"","term":%d}`, p.Name, term); body != want && ctx.Err() == nil {
							t.Errorf("/leader says %s, want %s", body, want)
						}
					}
					if ctx.Err() == nil { // else it is no longer trusted, and /livez may say so
						wantStatus(t, handler, "/livez", http.StatusOK)
					}
					wantStatus(t, handler, "/readyz", http.StatusOK)
					return nil
				}))})
			if err != nil {
				return err
			}
			pr := &probes.Probes{Live: workers.Check, Ready: func() error { return nil }}
			handler = pr.Handler()
			return process(ctx, pr, workers)
		})
		if len(named) < 4 {
			t.Errorf("/leader named a leader in %d terms, want at least 4: three by step-downs and a takeover", len(named))
		}
	})
}

// A standby lives and is ready. A process fails its liveness only while its work
// outlives its trust.
func TestLiveness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := electiontest.NewElection(t, recipetest.InBubble.Config().Name)
		conn, err := election.Connect(e.Client, election.Config{})
		if err != nil {
			t.Fatal(err)
		}
		finish := make(chan struct{})
		workers, err := singleton.NewGroup(conn, singleton.Worker{Election: recipetest.InBubble.Config(), Work: func(context.Context, election.Term) error {
			<-finish // and never looks at its context
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		database := errors.New("no database")
		p := &probes.Probes{Live: workers.Check, Ready: func() error { return database }}
		h := p.Handler()
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- process(ctx, p, workers) }()

		synctest.Wait()
		wantStatus(t, h, "/livez", http.StatusOK)
		wantStatus(t, h, "/readyz", http.StatusServiceUnavailable)
		database = nil
		wantStatus(t, h, "/readyz", http.StatusOK)
		wantStatus(t, h, "/leader", http.StatusOK) // another

		e.Elect()
		synctest.Wait()
		wantStatus(t, h, "/livez", http.StatusOK)
		e.Expire()
		synctest.Wait()
		wantStatus(t, h, "/livez", http.StatusServiceUnavailable)
		wantStatus(t, h, "/readyz", http.StatusOK)

		stop()
		close(finish)
		if err := <-ended; err != nil {
			t.Error(err)
		}
		wantStatus(t, h, "/livez", http.StatusOK)
		wantStatus(t, h, "/leader", http.StatusServiceUnavailable) // nobody observes any more
	})
}

// Nobody leads: /leader says so.
func TestNobodyLeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		redis := electiontest.NewRedis(t)
		e, err := election.New(redis.Client(), recipetest.InBubble.Config())
		if err != nil {
			t.Fatal(err)
		}
		p := &probes.Probes{}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); p.Observe(ctx, e) }()
		synctest.Wait()
		wantStatus(t, p.Handler(), "/leader", http.StatusNotFound)
		redis.FailCommands("LOADING Redis is loading the dataset in memory")
		time.Sleep(time.Minute)
		wantStatus(t, p.Handler(), "/leader", http.StatusServiceUnavailable)
		stop()
		<-ended
	})
}
