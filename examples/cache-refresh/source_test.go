package main

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"example.com/incumbent/internal/demo/demotest"
)

// A slowSource counts who comes to it.
type slowSource struct {
	*httptest.Server
	fetches atomic.Int64
	broken  atomic.Bool
}

func newSlowSource(t *testing.T) *slowSource {
	s := &slowSource{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fetches.Add(1)
		if s.broken.Load() {
			http.Error(w, "broken", http.StatusInternalServerError)
			return
		}
		select {
		case <-r.Context().Done():
		case <-time.After(100 * time.Millisecond):
			_, _ = w.Write([]byte("a value")) // a client that is gone needs none
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// checkNoStampede fails the test if anybody else than the refreshers came to the
// source: each term may end in a fetch that came to nothing, or in one whose
// write did.
func checkNoStampede(t *testing.T, s *slowSource, events []demotest.Event) {
	t.Helper()
	allowed := int64(0)
	for _, e := range events {
		switch e.Event {
		case "refreshed", "error", "elected":
			allowed++
		}
	}
	if got := s.fetches.Load(); got == 0 || got > allowed {
		t.Errorf("%d fetches, want 1 to %d", got, allowed)
	}
}

// A source that fails is asked again, soon, by the same leader.
func TestBrokenSource(t *testing.T) {
	t.Parallel()
	source := newSlowSource(t)
	source.broken.Store(true)
	p := demotest.Start(t, "-source", source.URL, "-every", "24h", "-candidates", "1", "-json")
	elected := p.AwaitEvent("elected")
	trouble := p.AwaitEvent("error")
	if trouble.Error != "fetch: the source answers 500 Internal Server Error" {
		t.Errorf("the error says %q", trouble.Error)
	}
	source.broken.Store(false)
	if refreshed := p.AwaitEvent("refreshed"); refreshed.Term != elected.Term {
		t.Errorf("refreshed in term %d, want %d", refreshed.Term, elected.Term)
	}
}
