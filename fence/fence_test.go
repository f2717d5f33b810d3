package fence_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
	"example.com/incumbent/internal/record"
)

// By record, a write passes while the record names this grant, led or draining; else
// nothing is written, and the error says which term stands there.
func TestByRecordPassesUnderItsOwnGrantAlone(t *testing.T) {
	everywhere(t, func(t *testing.T, rdb redis.UniversalClient) {
		rec := led(ours)
		other, later := rec, rec
		other.Nonce, later.Term = record.NewNonce(), ours+1
		ctx := holder(t, rdb, "nightly", rec)
		key := fence.KeyFor(ctx, "report")
		for _, c := range []struct {
			name, record string
			passes       bool
			highest      election.Term
		}{
			{"led", rec.String(), true, 0},
			{"a beat later", rec.Next(record.Led).String(), true, 0},
			{"draining", rec.Next(record.Draining).String(), true, 0},
			{"vacant", rec.Next(record.Vacant).String(), false, ours},
			{"another nonce", other.String(), false, ours},
			{"a later term", later.String(), false, ours + 1},
			{"absent", "", false, 0},
			{"no record", "1 L", false, 0},
			{"of another version", "2" + rec.String()[1:], false, 0},
		} {
			t.Run(c.name, func(t *testing.T) {
				stand(t, rdb, "incumbent:{nightly}", c.record)
				stand(t, rdb, string(key), "")
				_, err := fence.Do(ctx, rdb, fence.Cmd{"SET", key, "done"})
				expect(t, err, c.passes, fence.Error{Resource: "incumbent:{nightly}", Term: ours, Highest: c.highest})
				_, err = fence.Eval(ctx, rdb, "return redis.call('APPEND', KEYS[1], ARGV[1])", []fence.Key{key}, "!")
				expect(t, err, c.passes, fence.Error{Resource: "incumbent:{nightly}", Term: ours, Highest: c.highest})
				holds(t, rdb, string(key), map[bool]string{true: "done!", false: ""}[c.passes])
			})
		}
	})
}

// By term, a write passes unless a later one was seen at the key; the key is raised.
func TestByTermPassesUnlessALaterTermWasSeen(t *testing.T) {
	everywhere(t, func(t *testing.T, rdb redis.UniversalClient) {
		ctx := holder(t, rdb, "nightly", led(ours))
		stand(t, rdb, "incumbent:{nightly}", "") // it does not matter
		const at, key = "{shop}:fence", fence.Key("{shop}:report")
		for _, c := range []struct {
			name, seen string
			passes     bool
		}{
			{"nothing seen", "", true},
			{"zero", "0", true},
			{"an earlier term", fmt.Sprint(ours - 1), true},
			{"a shorter number", "999999999999", true},
			{"this term", fmt.Sprint(ours), true},
			{"a later term", fmt.Sprint(ours + 1), false},
			{"a longer number", fmt.Sprint(int64(ours) * 10), false},
		} {
			t.Run(c.name, func(t *testing.T) {
				stand(t, rdb, at, c.seen)
				stand(t, rdb, string(key), "")
				var highest int64
				fmt.Sscan(c.seen, &highest)
				want := fence.Error{Resource: at, Term: ours, Highest: election.Term(highest)}
				_, err := fence.At(at).Do(ctx, rdb, fence.Cmd{"SET", key, "done"})
				expect(t, err, c.passes, want)
				_, err = fence.At(at).Eval(ctx, rdb, "return redis.call('APPEND', KEYS[1], ARGV[1])", []fence.Key{key}, "!")
				expect(t, err, c.passes, want)
				if c.passes {
					holds(t, rdb, string(key), "done!")
					holds(t, rdb, at, fmt.Sprint(ours))
				} else {
					holds(t, rdb, string(key), "")
					holds(t, rdb, at, c.seen)
				}
			})
		}
	})
}

// expect checks that an error is none, or exactly this refusal.
func expect(t *testing.T, err error, passes bool, want fence.Error) {
	t.Helper()
	if passes {
		if err != nil {
			t.Errorf("it is refused: %v", err)
		}
		return
	}
	refused, ok := errors.AsType[*fence.Error](err)
	if !ok || *refused != want || !errors.Is(err, fence.ErrFenced) {
		t.Errorf("%v, want %v", err, &want)
	}
}

// An empty Do of a later term is enough to refuse an older one, by term.
func TestAnEmptyDoClaims(t *testing.T) {
	rdb := standIn(t)
	defer rdb.Close()
	older, later := holder(t, rdb, "e", led(ours)), holder(t, rdb, "e", led(ours+5))
	check := fence.At("fence")
	if replies, err := check.Do(later, rdb); err != nil || len(replies) != 0 {
		t.Fatal(replies, err)
	}
	if _, err := check.Do(older, rdb); !errors.Is(err, fence.ErrFenced) {
		t.Errorf("the older term: %v", err)
	}
	if _, err := fence.Do(older, rdb); !errors.Is(err, fence.ErrFenced) {
		t.Errorf("by record: %v", err)
	}
}

// Replies come in the order of the commands, each in its own type, and nothing as nil.
func TestRepliesOfCommands(t *testing.T) {
	everywhere(t, func(t *testing.T, rdb redis.UniversalClient) {
		ctx := holder(t, rdb, "e", led(ours))
		a, l := fence.KeyFor(ctx, "a"), fence.KeyFor(ctx, "l")
		got, err := fence.Do(ctx, rdb,
			fence.Cmd{"get", a},
			fence.Cmd{"SET", a, []byte("x y")},
			fence.Cmd{"GET", a},
			fence.Cmd{"RPUSH", l, election.Term(ours), 2, "", true, 1.5},
			fence.Cmd{"LRANGE", l, 0, -1},
			fence.Cmd{"LPOP", fence.KeyFor(ctx, "none")},
			fence.Cmd{"MGET", a, fence.KeyFor(ctx, "none"), a},
		)
		want := []any{nil, "OK", "x y", int64(5), []any{fmt.Sprint(ours), "2", "", "1", "1.5"}, nil, []any{"x y", nil, "x y"}}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%#v, %v, want %#v", got, err, want)
		}
	})
}

// A script of the user has its own KEYS and ARGV, and may end with a comment.
func TestAScriptHasItsOwnKeysAndArguments(t *testing.T) {
	everywhere(t, func(t *testing.T, rdb redis.UniversalClient) {
		ctx := holder(t, rdb, "e", led(ours))
		keys := []fence.Key{fence.KeyFor(ctx, "a"), fence.KeyFor(ctx, "b")}
		got, err := fence.Eval(ctx, rdb, "return {KEYS[1], KEYS[2], ARGV[1], ARGV[2], #KEYS, #ARGV} -- the end", keys, election.Term(7), "v")
		if want := []any{"{e}:a", "{e}:b", "7", "v", int64(2), int64(2)}; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%#v, %v, want %#v", got, err, want)
		}
		for _, lua := range []string{"", "-- nothing", "return nil", "return false"} {
			if got, err := fence.Eval(ctx, rdb, lua, nil); got != nil || err != nil {
				t.Errorf("%q: %#v, %v", lua, got, err)
			}
		}
		got, err = fence.At("{f}:fence").Eval(ctx, rdb, "return {KEYS[1], ARGV[1]}", []fence.Key{"{f}:a"}, 1)
		if want := []any{"{f}:a", "1"}; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("by term: %#v, %v, want %#v", got, err, want)
		}
	})
}

// A text that closes its function early cannot write before the check.
func TestNoTextGetsBeforeTheCheck(t *testing.T) {
	everywhere(t, func(t *testing.T, rdb redis.UniversalClient) {
		ctx := holder(t, rdb, "e", led(ours))
		stand(t, rdb, "incumbent:{e}", led(ours+1).String())
		const early = "end, keys, args) redis.call('SET', KEYS[2], 'early') pcall(function()"
		for name, lua := range map[string]string{"early": early, "late": "redis.call('SET', KEYS[1], 'late')"} {
			_, err := fence.Eval(ctx, rdb, lua, []fence.Key{"{e}:a"})
			if !errors.Is(err, fence.ErrFenced) {
				t.Errorf("%s: %v", name, err)
			}
		}
		holds(t, rdb, "{e}:a", "")
	})
}

// Commands run in order until one fails: the error names it, and those before it are done.
func TestACommandThatFailsEndsTheScript(t *testing.T) {
	everywhere(t, func(t *testing.T, rdb redis.UniversalClient) {
		ctx := holder(t, rdb, "e", led(ours))
		a, b := fence.KeyFor(ctx, "a"), fence.KeyFor(ctx, "b")
		_, err := fence.Do(ctx, rdb, fence.Cmd{"SET", a, 1}, fence.Cmd{"LPUSH", a, 2}, fence.Cmd{"SET", b, 3})
		own(t, err, "command 2 of 3, LPUSH, failed", "WRONGTYPE")
		holds(t, rdb, string(a), "1")
		holds(t, rdb, string(b), "")
		_, err = fence.Eval(ctx, rdb, "redis.call('SET', KEYS[1], 5) return redis.call('LPUSH', KEYS[1], 2)", []fence.Key{a})
		own(t, err, "the script failed", "WRONGTYPE")
		_, err = fence.Eval(ctx, rdb, "return redis.pcall('LPUSH', KEYS[1], 2)", []fence.Key{a})
		own(t, err, "WRONGTYPE")
		_, err = fence.Eval(ctx, rdb, "return redis.error_reply('NOSCRIPT again')", nil)
		own(t, err, "NOSCRIPT again") // and the client does not send it again
		_, err = fence.Eval(ctx, rdb, "return nothing.there", nil)
		own(t, err, "the script failed")
		holds(t, rdb, string(a), "5")
	})
}

// own checks that an error is the command's own: nothing that waiting or a person mends.
func own(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil || election.Permanent(err) || errors.Is(err, election.ErrUnavailable) || errors.Is(err, fence.ErrFenced) {
		t.Errorf("%v, want the error of the command itself", err)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%v, want %q in it", err, w)
		}
	}
}

// Integers pass through Lua: they are exact up to 2^53.
func TestIntegersInRepliesAreExact(t *testing.T) {
	everywhere(t, func(t *testing.T, rdb redis.UniversalClient) {
		ctx := holder(t, rdb, "e", led(ours))
		const most = int64(1) << 53
		for _, n := range []int64{most, most - 1, -most, 0} {
			got, err := fence.Do(ctx, rdb, fence.Cmd{"SET", fence.KeyFor(ctx, "n"), n}, fence.Cmd{"INCRBY", fence.KeyFor(ctx, "n"), 0})
			if err != nil || got[1] != n {
				t.Errorf("%d: %v, %v", n, got, err)
			}
		}
	})
}

// Terms survive in the error, for people and for programs.
func TestTheErrorSaysWhichTermsMet(t *testing.T) {
	for highest, want := range map[election.Term]string{
		0: "holds no record or seat",
		7: "not held by this grant of term 7",
		8: "has term 8, and the write is of term 7",
	} {
		err := &fence.Error{Resource: "r", Term: 7, Highest: highest}
		if !strings.Contains(err.Error(), want) || !errors.Is(err, fence.ErrFenced) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
