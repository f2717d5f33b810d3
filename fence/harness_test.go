package fence_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"

	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/register"
)

func TestMain(m *testing.M) {
	logging.Disable()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m)
}

const ours = 1_763_692_999_000 // the term of most tests

// everywhere runs a test on the stand-in, on a server and on a cluster.
func everywhere(t *testing.T, test func(t *testing.T, rdb redis.UniversalClient)) {
	t.Helper()
	for name, start := range map[string]func(t *testing.T) redis.UniversalClient{
		"stand-in": standIn,
		"server":   func(t *testing.T) redis.UniversalClient { return redistest.Start(t).Client() },
		"cluster": func(t *testing.T) redis.UniversalClient {
			redistest.Long(t)
			return redistest.StartCluster(t, time.Minute).Client()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rdb := start(t)
			t.Cleanup(func() { _ = rdb.Close() })
			test(t, rdb)
		})
	}
}

func standIn(t *testing.T) redis.UniversalClient {
	return redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
}

// led is a record of that term.
func led(term int64) record.Record {
	return record.Record{Status: record.Led, Term: term, Lease: 3 * time.Second, Holder: "a host", Nonce: record.NewNonce(), ID: "-"}
}

// holder writes the record of an election, and returns the context of its work.
func holder(t *testing.T, rdb redis.UniversalClient, name string, rec record.Record) context.Context {
	t.Helper()
	h := register.Holder{Place: register.NewPlace("incumbent:", name, 0), Client: rdb, Grant: rec.Grant()}
	stand(t, rdb, h.Place.Key, rec.String())
	return register.WithHolder(t.Context(), h)
}

// stand has a key hold that text; none removes it.
func stand(t *testing.T, rdb redis.UniversalClient, key, text string) {
	t.Helper()
	if err := rdb.Del(t.Context(), key).Err(); err != nil {
		t.Fatal(err)
	}
	if text == "" {
		return
	}
	if err := rdb.Set(t.Context(), key, text, 0).Err(); err != nil {
		t.Fatal(err)
	}
}

// holds checks what a key holds.
func holds(t *testing.T, rdb redis.UniversalClient, key, want string) {
	t.Helper()
	if got := rdb.Get(t.Context(), key).Val(); got != want {
		t.Errorf("%s holds %q, want %q", key, got, want)
	}
}

func readDoc(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
