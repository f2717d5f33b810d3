package fresh

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
	"example.com/incumbent/internal/redistest"
)

// on runs Work on a server until stop is called.
func on(t *testing.T, rdb election.Redis, term election.Term, refresh Refresh[string]) (v *Value[string], stop func() error) {
	t.Helper()
	v, err := New(rdb, Config{Name: "v"}, refresh)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- v.Work(ctx, term) }()
	return v, func() error { cancel(); return <-done }
}

func steady(text string) Refresh[string] {
	return func(context.Context, election.Term) (string, time.Time, error) {
		return text, time.Now().Add(time.Hour), nil
	}
}

// On a server and on a cluster: a value is written, read by another client, and not replaced by a
// lower term.
func TestOnServers(t *testing.T) {
	for name, start := range map[string]func(t *testing.T) redis.UniversalClient{
		"server": func(t *testing.T) redis.UniversalClient { return redistest.Start(t).Client() },
		"cluster": func(t *testing.T) redis.UniversalClient {
			redistest.Long(t)
			return redistest.StartCluster(t, time.Minute).Client()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rdb := start(t)
			v, stop := on(t, rdb, 1<<53+1, steady("token"))
			if got, err := v.Get(t.Context()); err != nil || got != "token" {
				t.Error(got, err)
			}
			reader, err := New[string](rdb, Config{Name: "v"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := reader.Get(t.Context()); err != nil || got != "token" {
				t.Error(got, err)
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
			former, err := New(rdb, Config{Name: "v"}, steady("late"))
			if err != nil {
				t.Fatal(err)
			}
			if err := former.Work(t.Context(), 1<<53); !errors.Is(err, fence.ErrFenced) {
				t.Errorf("a former leader: %v", err)
			}
			if ttl := rdb.TTL(t.Context(), "incumbent:{v}:value").Val(); ttl != -1 {
				t.Errorf("it has a TTL of %v", ttl)
			}
			if text := rdb.Get(t.Context(), "incumbent:{v}:value").Val(); !strings.HasSuffix(text, ` "token"`) {
				t.Errorf("%q stands there", text)
			}
		})
	}
}

// The script of a write, with all that may stand there.
func TestTheScriptOfAWrite(t *testing.T) {
	t.Parallel()
	rdb := redistest.Start(t).Client()
	v, err := New[string](rdb, Config{Name: "v"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := v.reader.store
	const large = 1 << 53
	for name, c := range map[string]struct {
		is      string
		refused error
	}{
		"nothing":                  {"", nil},
		"a lower term":             {"1 0 9999999999 9 x", nil},
		"a lower, longer text":     {"1 0 99999999999 999999999999999999 x", nil},
		"our own, made before":     {"1 0 9007199254740992 6 x", nil},
		"our own, written already": {"1 0 9007199254740992 7 x", nil},
		"our own, made later":      {"1 0 9007199254740992 8 x", election.ErrUnavailable},
		"a later term":             {"1 0 9007199254740993 1 x", fence.ErrFenced},
		"a longer term":            {"1 0 90071992547409930 1 x", fence.ErrFenced},
		"another form":             {"theirs", election.ErrForeignRecord},
		"a later version":          {"2 0 1 1 x", election.ErrForeignRecord},
	} {
		if c.is == "" {
			rdb.Del(t.Context(), s.key)
		} else {
			rdb.Set(t.Context(), s.key, c.is, 0)
		}
		_, err := s.write(t.Context(), head{term: large, made: 7}, []byte("ours"))
		if c.refused == nil && err != nil || !errors.Is(err, c.refused) {
			t.Errorf("%s: %v", name, err)
		}
		want := "1 0 9007199254740992 7 ours"
		if c.refused != nil {
			want = c.is
		}
		if got := rdb.Get(t.Context(), s.key).Val(); got != want {
			t.Errorf("%s: %q stands there", name, got)
		}
	}
}

// What a server says is classified: a full one, one that only reads, one without the rights.
func TestServersThatRefuse(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	admin := server.Client()
	for name, c := range map[string]struct {
		begin, end []any
		want       error
	}{
		"full":    {[]any{"CONFIG", "SET", "maxmemory", "1"}, []any{"CONFIG", "SET", "maxmemory", "0"}, election.ErrUnavailable},
		"replica": {[]any{"REPLICAOF", "127.0.0.1", "1"}, []any{"REPLICAOF", "NO", "ONE"}, election.ErrUnavailable},
	} {
		if err := admin.Do(t.Context(), c.begin...).Err(); err != nil {
			t.Fatal(err)
		}
		v, _ := New[string](server.Client(), Config{Name: "v"}, nil)
		if _, err := v.reader.store.write(t.Context(), head{term: 1, made: 1}, nil); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err := admin.Do(t.Context(), c.end...).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

const (
	readerRules = "resetchannels -@all %R~incumbent:{* +get +time +ping (+eval +evalsha ~incumbent:{*)"
	writerRules = "resetchannels &incumbent:{* -@all ~incumbent:{* +get +getrange +set +time +ping +eval +evalsha +publish +subscribe +unsubscribe"
)

// The rights of docs/operations.md are enough: a reader cannot write, and a writer needs no more
// than a candidate has.
func TestTheMinimalRights(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	admin := server.Client()
	login := func(rules string) *redis.Client {
		args := []any{"ACL", "SETUSER", "user", "reset", "on", ">secret"}
		outer, selector, found := strings.Cut(rules, " (")
		for _, rule := range strings.Fields(outer) {
			args = append(args, rule)
		}
		if found {
			args = append(args, "("+selector)
		}
		if err := admin.Do(t.Context(), args...).Err(); err != nil {
			t.Fatal(err)
		}
		return server.Client(func(o *redis.Options) { o.Username, o.Password = "user", "secret" })
	}
	v, stop := on(t, login(writerRules), 1, steady("token"))
	if got, err := v.Get(t.Context()); err != nil || got != "token" {
		t.Error(got, err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	reads := login(readerRules)
	v, stop = on(t, reads, 2, steady("theirs"))
	if got, err := v.Get(t.Context()); err != nil || got != "token" {
		t.Errorf("a reader: %q, %v", got, err)
	}
	if _, err := v.reader.store.write(t.Context(), head{term: 2, made: 1}, nil); !errors.Is(err, election.ErrDenied) {
		t.Errorf("a reader writes: %v", err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	for _, missing := range []string{"+get ", "+time ", "%R~incumbent:{* "} {
		v, _ := New[string](login(strings.Replace(readerRules, missing, "", 1)), Config{Name: "v"}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		if _, err := v.Get(ctx); !errors.Is(err, election.ErrDenied) || !errors.Is(err, ErrNoValue) {
			t.Errorf("without %s: %v", missing, err)
		}
		cancel()
	}
}

// The rights stand in the document.
func TestRightsStandInTheDocuments(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "ACL SETUSER fresh reset on >SECRET " + readerRules + "\n"; !strings.Contains(string(doc), want) {
		t.Errorf("docs/operations.md lacks %q", want)
	}
}

// A server that hangs: Get returns the copy after a second at most, and a process that was
// stopped with it looks at the clock when it goes on.
func TestAServerThatHangs(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	life := 1500 * time.Millisecond
	v, stop := on(t, server.Client(), 1, func(context.Context, election.Term) (string, time.Time, error) {
		return "token", time.Now().Add(life), nil
	})
	if _, err := v.Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	reader, _ := New[string](server.Client(), Config{Name: "v"}, nil)
	if _, err := reader.Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.Stop()
	hung := time.Now()
	for time.Since(hung) < 2*life {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		began := time.Now()
		_, err := reader.Get(ctx)
		cancel()
		if err == nil && began.Sub(hung) > life {
			t.Errorf("a value %v after the server hangs", began.Sub(hung))
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("Get took %v", took)
		}
	}
	server.Cont()
	if _, err := reader.Get(t.Context()); err != nil {
		t.Error(err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
