package fence_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/fence"
	"example.com/incumbent/internal/register"
)

// asks counts what a client is asked to run.
type asks struct {
	redis.Scripter

	calls int
}

func (a *asks) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *redis.Cmd {
	a.calls++
	return a.Scripter.EvalSha(ctx, sha, keys, args...)
}

// What cannot be right is refused before anything is sent, with a sentence that says what
// to write instead.
func TestWhatIsWrongIsRefusedAtOnce(t *testing.T) {
	rdb := standIn(t)
	defer rdb.Close()
	ctx := holder(t, rdb, "nightly", led(ours))
	outside := t.Context()
	none := register.WithHolder(outside, register.Holder{Place: register.NewPlace("incumbent:", "nightly", 0), Client: rdb})
	key := fence.KeyFor(ctx, "report")
	set := fence.Cmd{"SET", key, 1}
	at := fence.At("{shop}:fence")
	client := &asks{Scripter: rdb}
	do := func(ctx context.Context, cmds ...fence.Cmd) error {
		_, err := fence.Do(ctx, client, cmds...)
		return err
	}
	atDo := func(c fence.Check, cmds ...fence.Cmd) error {
		_, err := c.Do(ctx, client, cmds...)
		return err
	}
	eval := func(lua string, keys []fence.Key, args ...any) error {
		_, err := fence.Eval(ctx, client, lua, keys, args...)
		return err
	}
	with := func(rdb redis.Scripter) error {
		_, err := fence.Do(ctx, rdb, set)
		return err
	}
	for name, c := range map[string]struct {
		err  error
		is   error
		says string
	}{
		"outside of work":           {do(outside, set), fence.ErrNoTerm, "elected work"},
		"term 0":                    {do(none, set), fence.ErrNoTerm, "elected work"},
		"a key made outside":        {do(ctx, fence.Cmd{"SET", fence.KeyFor(outside, "report"), 1}), fence.ErrNoTerm, "KeyFor"},
		"another slot":              {do(ctx, fence.Cmd{"SET", fence.Key("report"), 1}), election.ErrConfig, `key "report" is not in the slot of "incumbent:{nightly}": use "{nightly}:report"`},
		"the slot of another":       {do(ctx, fence.Cmd{"SET", fence.Key("{other}:report"), 1}), election.ErrConfig, `use "{nightly}:other:report"`},
		"another slot, by term":     {atDo(at, fence.Cmd{"SET", fence.Key("report"), 1}), election.ErrConfig, `use "{shop}:report"`},
		"no tag, by term":           {atDo(fence.At("fence"), fence.Cmd{"SET", fence.Key("report"), 1}), election.ErrConfig, `use "{fence}:report"`},
		"another slot, a script":    {eval("return 1", []fence.Key{"report"}), election.ErrConfig, `use "{nightly}:report"`},
		"a key that is a string":    {do(ctx, fence.Cmd{"SET", "{nightly}:report", 1}), election.ErrConfig, "fence.Key"},
		"FLUSHALL":                  {do(ctx, fence.Cmd{"FLUSHALL"}), election.ErrConfig, "no key"},
		"the record":                {do(ctx, fence.Cmd{"DEL", fence.Key("incumbent:{nightly}")}), election.ErrConfig, `use "{nightly}:…"`},
		"the ledger":                {do(ctx, fence.Cmd{"DEL", fence.Key("incumbent:{nightly}:ledger")}), election.ErrConfig, "belongs to the election"},
		"the fence itself":          {atDo(at, fence.Cmd{"DEL", fence.Key("{shop}:fence")}), election.ErrConfig, "the fence itself"},
		"a fence without key":       {atDo(fence.At("")), election.ErrConfig, "key of At is empty"},
		"the zero Check":            {atDo(fence.Check{}), election.ErrConfig, "key of At is empty"},
		"the record as fence":       {atDo(fence.At("incumbent:{nightly}")), election.ErrConfig, "belongs to the election"},
		"a nil command":             {do(ctx, set, nil), election.ErrConfig, "command 2 is empty"},
		"an empty command":          {do(ctx, fence.Cmd{}), election.ErrConfig, "command 1 is empty"},
		"a command without name":    {do(ctx, fence.Cmd{"", key}), election.ErrConfig, "begin with the name"},
		"a key for a name":          {do(ctx, fence.Cmd{key, 1}), election.ErrConfig, "begin with the name"},
		"nil for a name":            {do(ctx, fence.Cmd{nil, key}), election.ErrConfig, "begin with the name"},
		"a nil argument":            {do(ctx, fence.Cmd{"SET", key, nil}), election.ErrConfig, "<nil>"},
		"a struct":                  {do(ctx, fence.Cmd{"SET", key, struct{}{}}), election.ErrConfig, "struct {}"},
		"what cannot be marshalled": {do(ctx, fence.Cmd{"SET", key, broken{}}), election.ErrConfig, "broken"},
		"too many words":            {do(ctx, append(fence.Cmd{"DEL"}, slices.Repeat([]any{key}, 5000)...)), election.ErrConfig, "at most 5000"},
		"a shebang":                 {eval("#!lua flags=no-writes\nreturn 1", nil), election.ErrConfig, "shebang"},
		"a shebang after space":     {eval("\n #!lua\nreturn 1", nil), election.ErrConfig, "shebang"},
		"too many keys":             {eval("return 1", slices.Repeat([]fence.Key{key}, 5001)), election.ErrConfig, "at most 5000"},
		"an argument of a script":   {eval("return 1", nil, 1, nil), election.ErrConfig, "argument 2"},
		"no client":                 {with(nil), election.ErrConfig, "nil"},
		"a nil client":              {with((*redis.Client)(nil)), election.ErrConfig, "nil"},
		"a nil cluster client":      {with((*redis.ClusterClient)(nil)), election.ErrConfig, "nil"},
		"a pipeline":                {with(rdb.Pipeline()), election.ErrConfig, "pipeline"},
		"another database":          {with(database{1}), election.ErrConfig, "database 1"},
	} {
		if !errors.Is(c.err, c.is) || !strings.Contains(c.err.Error(), c.says) {
			t.Errorf("%s: %v, want %v and %q", name, c.err, c.is, c.says)
		}
	}
	if client.calls > 0 {
		t.Errorf("%d calls were sent", client.calls)
	}
}

type broken struct{}

func (broken) MarshalBinary() ([]byte, error) { return nil, errors.New("broken") }

// database is a client that says which one it uses.
type database struct{ n int }

func (d database) Options() *redis.Options { return &redis.Options{DB: d.n} }
func (database) Eval(context.Context, string, []string, ...any) *redis.Cmd {
	panic("it is sent")
}

func (database) EvalSha(context.Context, string, []string, ...any) *redis.Cmd {
	panic("it is sent")
}
func (database) EvalRO(context.Context, string, []string, ...any) *redis.Cmd    { return nil }
func (database) EvalShaRO(context.Context, string, []string, ...any) *redis.Cmd { return nil }
func (database) ScriptExists(context.Context, ...string) *redis.BoolSliceCmd    { return nil }
func (database) ScriptLoad(context.Context, string) *redis.StringCmd            { return nil }

// Commands that have no key need none.
func TestPublishNeedsNoKey(t *testing.T) {
	rdb := standIn(t)
	defer rdb.Close()
	ctx := holder(t, rdb, "e", led(ours))
	if replies, err := fence.Do(ctx, rdb, fence.Cmd{"publish", "channel", "text"}); err != nil || len(replies) != 1 {
		t.Error(replies, err)
	}
}

// Tenants that have elections of one name, but prefixes of their own, share no data.
func TestKeyForKeepsTenantsApart(t *testing.T) {
	rdb := standIn(t)
	defer rdb.Close()
	rec := led(ours)
	for prefix, want := range map[string]fence.Key{"incumbent:": "{a:b}:x", "tenant7:": "tenant7:data:{a:b}:x"} {
		place := register.NewPlace(prefix, "a:b", 0)
		stand(t, rdb, place.Key, rec.String())
		ctx := register.WithHolder(t.Context(), register.Holder{Place: place, Client: rdb, Grant: rec.Grant()})
		if got := fence.KeyFor(ctx, "x"); got != want {
			t.Errorf("%q: %q, want %q", prefix, got, want)
		}
		if _, err := fence.Do(ctx, rdb, fence.Cmd{"SET", fence.KeyFor(ctx, "x"), 1}); err != nil {
			t.Errorf("%q: %v", prefix, err)
		}
	}
}

// After the end of the work's context nothing is sent, and the error is the cause. While
// the work drains, the context of Drain may write; after a loss that may not either.
func TestTheEndOfTheTermIsTheCause(t *testing.T) {
	for _, c := range []struct {
		name  string
		end   func(*electiontest.Election)
		cause error
		drain bool
	}{
		{"lost", (*electiontest.Election).Revoke, election.ErrLost, false},
		{"expired", (*electiontest.Election).Expire, election.ErrExpired, false},
		{"asked to step down", (*electiontest.Election).StepDown, election.ErrStepDown, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := electiontest.NewElection(t, "nightly")
				elector, err := election.New(e.Client, election.Config{Name: "nightly"})
				if err != nil {
					t.Fatal(err)
				}
				ended := make(chan error)
				ctx, cancel := context.WithCancel(t.Context())
				go func() { ended <- elector.Lead(ctx, endsWith(t, e.Client, c.cause, c.drain)) }()
				e.Elect()
				synctest.Wait()
				c.end(e)
				synctest.Wait()
				cancel()
				<-ended
			})
		})
	}
}

// endsWith is work that writes before and after the end of its context.
func endsWith(t *testing.T, rdb *electiontest.Client, cause error, drains bool) election.Work {
	return func(ctx context.Context, _ election.Term) error {
		client := &asks{Scripter: rdb}
		set := fence.Cmd{"SET", fence.KeyFor(ctx, "report"), 1}
		timed, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		if _, err := fence.Do(timed, client, set); err != nil {
			t.Errorf("while it leads: %v", err)
		}
		<-ctx.Done()
		client.calls = 0
		for name, ended := range map[string]context.Context{"work": ctx, "derived": timed} {
			if _, err := fence.Do(ended, client, set); !errors.Is(err, cause) {
				t.Errorf("%s, after the end: %v, want %v", name, err, cause)
			}
		}
		if _, err := fence.Do(context.WithoutCancel(ctx), client, set); err == nil {
			t.Error("a context that does not end writes after the end of the term")
		}
		if client.calls > 0 {
			t.Errorf("%d calls after the end", client.calls)
		}
		if _, err := fence.Do(election.Drain(ctx), client, set); (err == nil) != drains {
			t.Errorf("in the drain: %v", err)
		}
		return nil
	}
}

// In the work of an election inside that of another, the innermost counts.
func TestTheInnermostTermCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := electiontest.NewRedis(t).Client()
		outer, _ := electiontest.Lead(t, client, "outer")
		inner, err := election.New(client, election.Config{Name: "inner", Bootstrap: election.BootstrapImmediate})
		if err != nil {
			t.Fatal(err)
		}
		err = inner.Lead(outer, func(ctx context.Context, term election.Term) error {
			if key := fence.KeyFor(ctx, "x"); key != "{inner}:x" {
				t.Errorf("key %q", key)
			}
			_, err := fence.Do(ctx, client, fence.Cmd{"SET", fence.KeyFor(ctx, "x"), term})
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// A context that ends while the answer is awaited leaves open what was done.
func TestAContextThatEndsInTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := electiontest.NewRedis(t).Client()
		ctx, _ := electiontest.Lead(t, client, "e")
		why := errors.New("enough")
		short, cancel := context.WithTimeoutCause(ctx, time.Second, why)
		defer cancel()
		client.Stall()
		defer client.Heal()
		_, err := fence.Do(short, client, fence.Cmd{"SET", fence.KeyFor(ctx, "x"), 1})
		if !errors.Is(err, election.ErrUnavailable) || !errors.Is(err, why) {
			t.Errorf("%v, want %v and %v", err, election.ErrUnavailable, why)
		}
	})
}

// A fence that holds something else is never overwritten.
func TestAFenceThatHoldsNoTerm(t *testing.T) {
	everywhere(t, func(t *testing.T, rdb redis.UniversalClient) {
		ctx := holder(t, rdb, "e", led(ours))
		const at = "{e}:fence"
		set := fence.Cmd{"SET", fence.KeyFor(ctx, "x"), 1}
		refused := func(what string) {
			t.Helper()
			_, err := fence.At(at).Do(ctx, rdb, set)
			if !errors.Is(err, election.ErrForeignRecord) || errors.Is(err, fence.ErrFenced) || !strings.Contains(err.Error(), at) {
				t.Errorf("%s: %v", what, err)
			}
			holds(t, rdb, "{e}:x", "")
		}
		for _, text := range []string{"x", "1.5", "-1", " 7", "12345678901234567", led(ours).String()} {
			stand(t, rdb, at, text)
			refused(text)
			holds(t, rdb, at, text)
		}
		stand(t, rdb, at, "")
		rdb.HSet(t.Context(), at, "f", "v")
		refused("a hash")
		if kind := rdb.Type(t.Context(), at).Val(); kind != "hash" {
			t.Errorf("the hash is a %s", kind)
		}
		stand(t, rdb, "incumbent:{e}", "")
		rdb.HSet(t.Context(), "incumbent:{e}", "f", "v")
		if _, err := fence.Do(ctx, rdb, set); !errors.Is(err, fence.ErrFenced) {
			t.Errorf("a record of another type: %v", err)
		}
	})
}
