package httpfence_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"

	"example.com/incumbent/election"
	"example.com/incumbent/fence/httpfence"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

func TestMain(m *testing.M) {
	logging.Disable()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m)
}

// leads is the context of work of an election in that term.
func leads(ctx context.Context, name string, term int64) context.Context {
	return register.WithHolder(ctx, register.Holder{
		Place: register.NewPlace("incumbent:", name, 0), Grant: record.Grant{Term: term},
	})
}

// holds is the context of work under a lock of a space.
func holds(ctx context.Context, key string, term int64) context.Context {
	return register.WithHolder(ctx, register.Holder{Place: register.Place{Key: key}, Seat: "a seat", Grant: record.Grant{Term: term}})
}

// A function is a round tripper.
type function func(*http.Request) (*http.Response, error)

func (f function) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// ask sends these lines of the header to a handler.
func ask(t *testing.T, h http.Handler, lines ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/reports/7", http.NoBody)
	for _, line := range lines {
		r.Header.Add(httpfence.Header, line)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, resp *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func standIn(t *testing.T) (*miniredis.Miniredis, *redis.Client) {
	server := miniredis.RunT(t)
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = rdb.Close() })
	return server, rdb
}

var _ httpfence.Store = storeOf(nil)

// A storeOf is a function as a store.
type storeOf func(name, resource string, term election.Term) (election.Term, error)

func (f storeOf) Raise(_ context.Context, name, resource string, term election.Term) (election.Term, error) {
	return f(name, resource, term)
}
