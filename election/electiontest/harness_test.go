package electiontest_test

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"

	"example.com/incumbent/election"
)

func TestMain(m *testing.M) {
	logging.Disable()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m)
}

// asTest runs a test within an example, whose output says what it printed, and
// whether it failed.
func asTest(test func(t *testing.T)) {
	for name, value := range map[string]string{"test.v": "false", "test.count": "1"} {
		f := flag.Lookup(name)
		defer func(before string) { _ = f.Value.Set(before) }(f.Value.String())
		_ = f.Value.Set(value)
	}
	var once sync.Once
	everything := func(string, string) (bool, error) { return true, nil }
	testing.RunTests(everything, []testing.InternalTest{{Name: "test", F: func(t *testing.T) {
		once.Do(func() { test(t) })
	}}})
}

// both runs a test in a bubble and in real time.
func both(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	t.Run("bubble", func(t *testing.T) { synctest.Test(t, test) })
	t.Run("real time", test)
}

// term is what a work was told.
type term struct {
	election.Term
	ctx context.Context
}

// campaign leads again and again until the test ends, and tells of every term.
func campaign(t *testing.T, rdb election.Redis, cfg election.Config, work election.Work) <-chan term {
	t.Helper()
	e, err := election.New(rdb, cfg)
	if err != nil {
		t.Fatal(err)
	}
	begun := make(chan term, 100)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	t.Cleanup(func() { cancel(); <-ended })
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			_ = e.Lead(ctx, func(ctx context.Context, n election.Term) error {
				begun <- term{n, ctx}
				return work(ctx, n)
			})
		}
	}()
	return begun
}

func obey(ctx context.Context, _ election.Term) error {
	<-ctx.Done()
	return nil
}

// begins returns the term that begins next; it must be the given one.
func begins(t *testing.T, begun <-chan term, want election.Term) term {
	t.Helper()
	select {
	case got := <-begun:
		if got.Term != want {
			t.Errorf("the work began in term %d, want %d", got.Term, want)
		}
		return got
	case <-time.After(time.Minute):
		t.Fatal("the work has not begun")
	}
	return term{}
}

// ends waits for the end of a term, which must have that cause.
func ends(t *testing.T, tm term, want error) {
	t.Helper()
	select {
	case <-tm.ctx.Done():
		if cause := context.Cause(tm.ctx); !errors.Is(cause, want) {
			t.Errorf("the term ended with %v, want %v", cause, want)
		}
	case <-time.After(time.Minute):
		t.Fatalf("the term goes on, want %v", want)
	}
}
