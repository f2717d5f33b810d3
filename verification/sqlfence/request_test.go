//go:build unix

package sqlfence_test

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
	"example.com/incumbent/fence/httpfence"
	"example.com/incumbent/internal/redistest"
)

// A service writes the effect of a request, whose term the middleware has compared, in a
// transaction that is fenced by the term of its context.
type service struct {
	*database

	t       *testing.T
	raises  bool // else the middleware is all that there is
	handler http.Handler
	inside  atomic.Pointer[func()] // called once, between the middleware and the transaction
	refused atomic.Int64           // by Raise
}

func newService(t *testing.T, d *database, raises bool) *service {
	s := &service{database: d, t: t, raises: raises}
	db := d.open(t)
	write := func(w http.ResponseWriter, r *http.Request) {
		if pause := s.inside.Swap(nil); pause != nil {
			(*pause)()
		}
		ctx := r.Context()
		term, _ := election.TermFrom(ctx)
		var err error
		for again := true; again; again = retryable(err) {
			err = s.write(ctx, db, int64(term))
		}
		switch {
		case errors.Is(err, fence.ErrFenced):
			s.refused.Add(1)
			http.Error(w, err.Error(), http.StatusPreconditionFailed)
		case err != nil:
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
	s.handler = httpfence.Middleware(httpfence.Config{Election: "nightly", Store: d.dialect.Store(db)}, http.HandlerFunc(write))
	return s
}

func (s *service) write(ctx context.Context, db *sql.DB, term int64) error {
	tx, err := s.begin(ctx, db)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if s.raises {
		if err := s.dialect.Raise(ctx, tx, "reports"); err != nil {
			return err
		}
	}
	if err := effect(ctx, tx, term, "a request"); err != nil {
		return err
	}
	return tx.Commit()
}

// A late transport holds the next request back, when the leader has checked its context and
// before it is sent.
type late struct {
	http.RoundTripper

	pause func()
}

func (l *late) RoundTrip(r *http.Request) (*http.Response, error) {
	if pause := l.pause; pause != nil {
		l.pause = nil
		pause()
	}
	return l.RoundTripper.RoundTrip(r)
}

// An old leader's request is held back while a new leader's has its effect: on the way, or
// inside of the handler. It has no effect then: the middleware refuses the one, Raise in the
// handler the other. Without Raise the other would have.
func aRequestThatIsHeldBack(t *testing.T, d *database) {
	for _, raises := range []bool{true, false} {
		s := newService(t, d, raises)
		server := httptest.NewServer(s.handler)
		defer server.Close()
		connection := &late{RoundTripper: http.DefaultTransport.(*http.Transport).Clone()}
		client := &http.Client{Transport: httpfence.Transport(connection)}
		defer client.CloseIdleConnections()
		put := func(term int) int {
			r, err := http.NewRequestWithContext(leads(t.Context(), int64(term)), http.MethodPut, server.URL, http.NoBody)
			if err != nil {
				t.Error(err)
				return 0
			}
			resp, err := client.Do(r)
			if err != nil {
				t.Error(err)
				return 0
			}
			_ = resp.Body.Close()
			return resp.StatusCode
		}
		late := 0
		for i := range requests {
			successor := func() {
				if status := put(2*i + 2); status != http.StatusOK {
					t.Errorf("the new leader's request: %d", status)
				}
			}
			if i%2 == 0 {
				connection.pause = successor
			} else {
				s.inside.Store(&successor)
			}
			if put(2*i+1) == http.StatusPreconditionFailed {
				late++
			}
		}
		terms, _ := effects(t, s.bare(t))
		stale := back(terms)
		t.Logf("%d effects, %d requests refused, %d of them by Raise, %d stale", len(terms), late, s.refused.Load(), stale)
		if raises && (stale != 0 || late != requests || s.refused.Load() != int64(requests/2) || len(terms) != requests) {
			t.Errorf("%d effects, %d of %d requests refused, %d stale", len(terms), late, requests, stale)
		}
		if !raises && stale == 0 {
			t.Error("no effect is stale without Raise: the test shows nothing")
		}
		run(t, s.bare(t), "DROP TABLE effects")
		run(t, s.bare(t), "DROP TABLE incumbent_fences")
	}
}

// requests are how many are held back.
var requests = redistest.Either(20, 200)
