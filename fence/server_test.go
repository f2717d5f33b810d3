package fence_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
	"example.com/incumbent/internal/redistest"
)

// attempt writes by record and by term.
func attempt(ctx context.Context, rdb redis.Scripter) map[string]error {
	set := fence.Cmd{"SET", fence.KeyFor(ctx, "x"), strings.Repeat("x", 100)}
	_, do := fence.Do(ctx, rdb, set)
	_, eval := fence.Eval(ctx, rdb, "return redis.call('SET', KEYS[1], 1)", []fence.Key{fence.KeyFor(ctx, "x")})
	_, at := fence.At(fence.KeyFor(ctx, "fence")).Do(ctx, rdb, set)
	return map[string]error{"Do": do, "Eval": eval, "At": at}
}

// fails checks all three.
func fails(t *testing.T, errs map[string]error, want error, says string) {
	t.Helper()
	for call, err := range errs {
		if !errors.Is(err, want) || errors.Is(err, fence.ErrFenced) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %v and %q", call, err, want, says)
		}
	}
}

// A server that is full refuses, and that passes: nothing is written, the fence neither.
func TestAServerThatIsFull(t *testing.T) {
	t.Parallel()
	rdb := redistest.Start(t).Client()
	ctx := holder(t, rdb, "e", led(ours))
	configure(t, rdb, "maxmemory", "1")
	fails(t, attempt(ctx, rdb), election.ErrUnavailable, "out of memory")
	holds(t, rdb, "{e}:x", "")
	holds(t, rdb, "{e}:fence", "")
	configure(t, rdb, "maxmemory", "0")
	for call, err := range attempt(ctx, rdb) {
		if err != nil {
			t.Errorf("%s, with memory: %v", call, err)
		}
	}
	configure(t, rdb, "maxmemory", "1")
	if _, err := fence.At("{e}:fence").Do(ctx, rdb, fence.Cmd{"DEL", fence.Key("{e}:x")}); err != nil {
		t.Errorf("what frees memory, under a term that was seen: %v", err)
	}
}

func configure(t *testing.T, rdb *redis.Client, name, value string) {
	t.Helper()
	if err := rdb.ConfigSet(t.Context(), name, value).Err(); err != nil {
		t.Fatal(err)
	}
}

// So does a master that must not write without replicas.
func TestAServerThatLacksReplicas(t *testing.T) {
	t.Parallel()
	rdb := redistest.Start(t).Client(func(o *redis.Options) { o.MaxRetries = -1 })
	ctx := holder(t, rdb, "e", led(ours))
	configure(t, rdb, "min-replicas-to-write", "1")
	fails(t, attempt(ctx, rdb), election.ErrUnavailable, "min-replicas-to-write")
	configure(t, rdb, "min-replicas-to-write", "0")
	holds(t, rdb, "{e}:x", "")
	holds(t, rdb, "{e}:fence", "")
}

// A replica that is read-only says so to the client, which then leaves it.
func TestAServerThatIsReadOnly(t *testing.T) {
	t.Parallel()
	rdb := redistest.Start(t).Client(func(o *redis.Options) { o.MaxRetries = -1 })
	ctx := holder(t, rdb, "e", led(ours))
	if err := rdb.ReplicaOf(t.Context(), "127.0.0.1", "1").Err(); err != nil {
		t.Fatal(err)
	}
	stale := rdb.PoolStats().StaleConns
	fails(t, attempt(ctx, rdb), election.ErrUnavailable, "read-only replica")
	if got := rdb.PoolStats().StaleConns; got == stale {
		t.Error("the client keeps its connection")
	}
	if err := rdb.ReplicaOf(t.Context(), "NO", "ONE").Err(); err != nil {
		t.Fatal(err)
	}
	holds(t, rdb, "{e}:x", "")
	holds(t, rdb, "{e}:fence", "")
}

// A server without scripts, or that is not there.
func TestAServerThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--rename-command", "EVAL", "", "--rename-command", "EVALSHA", "")
	rdb := server.Client(func(o *redis.Options) { o.MaxRetries = -1 })
	ctx := holder(t, rdb, "e", led(ours))
	fails(t, attempt(ctx, rdb), election.ErrUnfit, "switch scripting on")
	server.Kill()
	fails(t, attempt(ctx, rdb), election.ErrUnavailable, "nothing listens on "+server.Addr())
}

// A text that does not compile is the caller's mistake; a command that no server knows, too.
func TestATextThatDoesNotCompile(t *testing.T) {
	everywhere(t, func(t *testing.T, rdb redis.UniversalClient) {
		ctx := holder(t, rdb, "e", led(ours))
		for _, lua := range []string{"return return", "end", "--[[ open"} {
			if _, err := fence.Eval(ctx, rdb, lua, nil); !errors.Is(err, election.ErrConfig) || !strings.Contains(err.Error(), "compile") {
				t.Errorf("%q: %v", lua, err)
			}
		}
		if _, err := fence.Do(ctx, rdb, fence.Cmd{"STE", fence.KeyFor(ctx, "x"), 1}); err == nil || errors.Is(err, fence.ErrFenced) || !strings.Contains(err.Error(), "command 1 of 1, STE") {
			t.Error(err)
		}
	})
}

// As many keys and arguments as are allowed work on a server.
func TestManyKeysAndArguments(t *testing.T) {
	t.Parallel()
	rdb := redistest.Start(t).Client()
	ctx := holder(t, rdb, "e", led(ours))
	var keys []fence.Key
	var args []any
	remove := fence.Cmd{"DEL"}
	for range 5000 {
		keys, args = append(keys, "{e}:k"), append(args, 1)
		if len(remove) < 5000 {
			remove = append(remove, fence.Key("{e}:k"))
		}
	}
	if got, err := fence.Eval(ctx, rdb, "return {#KEYS, #ARGV}", keys, args...); err != nil || len(got.([]any)) != 2 || got.([]any)[1] != int64(5000) {
		t.Error(got, err)
	}
	if got, err := fence.Do(ctx, rdb, remove, remove); err != nil || len(got) != 2 {
		t.Error(got, err)
	}
}

// The rights of docs/operations.md are enough, and with fewer of them the error says so: a
// missing right is no refusal by the fence.
func TestTheMinimalRights(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	admin := server.Client()
	ctx := holder(t, admin, "e", led(ours))
	record := admin.Get(t.Context(), "incumbent:{e}").Val()
	login := func(rules string) redis.Scripter {
		args := []any{"ACL", "SETUSER", "writer", "reset", "on", ">secret"}
		for _, rule := range rulesOf(rules) {
			args = append(args, rule)
		}
		if err := admin.Do(t.Context(), args...).Err(); err != nil {
			t.Fatal(err)
		}
		return server.Client(func(o *redis.Options) { o.Username, o.Password, o.MaxRetries = "writer", "secret", -1 })
	}
	for call, err := range attempt(ctx, login(byRecordRules)) {
		if err != nil && call != "At" {
			t.Errorf("%s: %v", call, err)
		}
	}
	if err := attempt(ctx, login(byTermRules))["At"]; err != nil {
		t.Errorf("At: %v", err)
	}
	writer := login(byRecordRules)
	for _, text := range []string{"redis.call('SET', 'incumbent:{e}', 'x')", "redis.call('DEL', 'incumbent:{e}')"} {
		if _, err := fence.Eval(ctx, writer, text, nil); !errors.Is(err, election.ErrDenied) {
			t.Errorf("a writer changes the record: %v", err)
		}
	}
	holds(t, admin, "incumbent:{e}", record)
	for _, missing := range []string{"+get", "%R~incumbent:{e}", "(+eval +evalsha ~incumbent:{e} ~{e}:*)", "~{e}:*"} {
		errs := attempt(ctx, login(strings.ReplaceAll(byRecordRules, missing, "")))
		delete(errs, "At")
		fails(t, errs, election.ErrDenied, "docs/operations.md")
	}
	for _, missing := range []string{"+get", "+set", "~{e}:*"} {
		errs := attempt(ctx, login(strings.ReplaceAll(byTermRules, missing, "")))
		fails(t, map[string]error{"At": errs["At"]}, election.ErrDenied, "docs/operations.md")
	}
}

const (
	byRecordRules = "resetchannels -@all %R~incumbent:{e} ~{e}:* +get +set (+eval +evalsha ~incumbent:{e} ~{e}:*)"
	byTermRules   = "resetchannels -@all ~{e}:* +get +set +eval +evalsha"
)

// rulesOf splits rules; what stands in parentheses is one.
func rulesOf(rules string) []string {
	outer, inner, selector := strings.Cut(rules, " (")
	all := strings.Fields(outer)
	if selector {
		all = append(all, "("+inner)
	}
	return all
}

// The rights stand in the documents, with commands and keys of one's own.
func TestRightsStandInTheDocuments(t *testing.T) {
	doc := readDoc(t, "operations.md")
	for user, rules := range map[string]string{"by-record": byRecordRules, "by-term": byTermRules} {
		own := strings.NewReplacer("{e}", "{nightly}").Replace(rules)
		if want := "ACL SETUSER " + user + " reset on >SECRET " + own + "\n"; !strings.Contains(doc, want) {
			t.Errorf("docs/operations.md lacks %q", want)
		}
	}
}
