package lock

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/space"
)

// The rights that a process with locks needs, and one that writes behind the check of a seat.
const (
	lockerRules = "resetchannels &incumbent:{* -@all ~incumbent:{* +get +set +del +time +ping +eval +evalsha +publish +subscribe +unsubscribe +hget +hset +hdel +hexists +hlen +hscan +hmget"
	bySeatRules = "resetchannels -@all %R~incumbent:{locks}:space ~{locks}:* +get +set +hget +hexists (+eval +evalsha ~incumbent:{locks}:space ~{locks}:*)"
)

func TestRightsStandInTheDocuments(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../docs/operations.md")
	for user, rules := range map[string]string{"locker": lockerRules, "by-seat": bySeatRules} {
		if want := "ACL SETUSER " + user + " reset on >SECRET " + rules + "\n"; err != nil || !strings.Contains(string(doc), want) {
			t.Errorf("docs/operations.md lacks %q, %v", want, err)
		}
	}
}

// login makes a user with these rights and returns a client of it.
func login(t *testing.T, s *redistest.Server, rules string, protocol int) *redis.Client {
	t.Helper()
	args := []any{"ACL", "SETUSER", "user", "reset", "on", ">secret"}
	plain, selector, _ := strings.Cut(rules, "(")
	for rule := range strings.FieldsSeq(plain) {
		args = append(args, rule)
	}
	if selector != "" {
		args = append(args, "("+selector)
	}
	if err := s.Client().Do(t.Context(), args...).Err(); err != nil {
		t.Fatal(err)
	}
	return s.Client(func(o *redis.Options) { o.Username, o.Password, o.Protocol = "user", "secret", protocol })
}

// on opens a space on a server, at once.
func on(t *testing.T, rdb election.Redis, change ...func(*Config)) *Space {
	t.Helper()
	cfg := Config{Bootstrap: election.BootstrapImmediate, Logger: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&cfg)
	}
	s, err := Open(rdb, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// exercise does all that a space can, in two processes.
func exercise(t *testing.T, a, b *Space) {
	t.Helper()
	ctx := t.Context()
	var all sync.WaitGroup
	var inside, done atomic.Int64
	for i := range 20 {
		s := []*Space{a, b}[i%2]
		all.Go(func() {
			if err := s.Do(ctx, "x", func(context.Context, Term) error {
				if n := inside.Add(1); n != 1 {
					t.Errorf("%d inside", n)
				}
				time.Sleep(time.Millisecond)
				inside.Add(-1)
				done.Add(1)
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	err := a.Seats("geo", 2).Do(ctx, func(ctx context.Context, _ Term) error {
		return b.Seats("geo", 2).Try(context.WithoutCancel(t.Context()), 0, func(ctx context.Context, term Term) error {
			seat, ok := SeatFrom(ctx)
			who, err := a.Holders(ctx, "geo")
			if seat != 1 || !ok || err != nil || len(who) != 2 || who[1].Term != term {
				t.Error(seat, ok, who, err)
			}
			return a.Seats("geo", 2).Try(t.Context(), 0, nothing)
		})
	})
	if !errors.Is(err, ErrHeld) || done.Load() != 20 {
		t.Error(err, done.Load())
	}
	got, err := Once(ctx, a, "k", OnceConfig{}, func(context.Context, Term) (int, error) { return 7, nil })
	again, err2 := Once(ctx, b, "k", OnceConfig{}, func(context.Context, Term) (int, error) { return 8, nil })
	if got != 7 || again != 7 || err != nil || err2 != nil {
		t.Error(got, again, err, err2)
	}
	if err := b.ForgetOnce(ctx, "k"); err != nil {
		t.Error(err)
	}
	exerciseSpread(t, a, b)
	for _, s := range []*Space{a, b} {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// exerciseSpread spreads two names over two processes.
func exerciseSpread(t *testing.T, a, b *Space) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var all sync.WaitGroup
	var at [2]atomic.Int64
	for i, s := range []*Space{a, b} {
		all.Go(func() {
			if err := s.Spread(ctx, "set", []string{"x", "y"}, func(string) Work {
				return func(ctx context.Context, _ Term) error {
					at[i].Add(1)
					defer at[i].Add(-1)
					if at[0].Load() == 1 && at[1].Load() == 1 {
						cancel()
					}
					<-ctx.Done()
					return nil
				}
			}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if context.Cause(ctx) != context.Canceled {
		t.Error("no process has one name each")
	}
}

// left is what the space has, but for epoch and last term.
func left(t *testing.T, rdb redis.UniversalClient) []string {
	t.Helper()
	all, err := rdb.HKeys(t.Context(), "incumbent:{locks}:space").Result()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range all {
		if f != "e" && f != "t" {
			got = append(got, f)
		}
	}
	return got
}

func TestTheMinimalRights(t *testing.T) {
	t.Parallel()
	for _, protocol := range []int{2, 3} {
		s := redistest.Start(t)
		admin := s.Client()
		user := login(t, s, lockerRules, protocol)
		exercise(t, on(t, user), on(t, user))
		if got := left(t, admin); len(got) != 0 {
			t.Errorf("left: %q", got)
		}
		if log := admin.Do(t.Context(), "ACL", "LOG").Val(); len(log.([]any)) != 0 {
			t.Errorf("refused: %v", log)
		}
	}
}

// With fewer rights the error says so.
func TestAMissingRight(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	if err := on(t, s.Client()).Do(t.Context(), "x", nothing); err != nil {
		t.Fatal(err)
	}
	for _, missing := range []string{"+hmget", "+hset", "+time", "+evalsha", "~incumbent:{*"} {
		user := login(t, s, strings.ReplaceAll(lockerRules, missing, ""), 3)
		err := on(t, user).Try(t.Context(), "x", time.Minute, nothing)
		if !errors.Is(err, election.ErrDenied) || !strings.Contains(err.Error(), "docs/operations.md") {
			t.Errorf("without %s: %v", missing, err)
		}
	}
}

func TestTheRightsOfWhoWritesBehindASeat(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	user := login(t, s, bySeatRules, 3)
	err := on(t, s.Client()).Do(t.Context(), "x", func(ctx context.Context, _ Term) error {
		if _, err := fence.Eval(ctx, user, "return redis.call('HDEL', 'incumbent:{locks}:space', 'e')", nil); !errors.Is(err, election.ErrDenied) {
			t.Errorf("the writer changes the space: %v", err)
		}
		_, err := fence.Do(ctx, user, fence.Cmd{"SET", fence.KeyFor(ctx, "n"), 1})
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// A wrapper of a client is used as it is.
func TestLocksOverAWrapper(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	type wrapper struct{ *redis.Client }
	client := func() wrapper {
		return wrapper{s.Client(func(o *redis.Options) { o.ContextTimeoutEnabled = true })}
	}
	exercise(t, on(t, client()), on(t, client()))
}

func TestADatabaseOtherThanZero(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	client := s.Client(func(o *redis.Options) { o.DB = 3 })
	exercise(t, on(t, client), on(t, client))
}

func fastLease(c *Config) { c.Lease = space2s }

const space2s = 2 * time.Second

// All data is lost while a lock is held.
func TestFlushAllOnAServer(t *testing.T) {
	t.Parallel()
	rdb := redistest.Start(t).Client()
	a, b := on(t, rdb, fastLease), on(t, rdb, fastLease, func(c *Config) { c.Bootstrap = election.BootstrapQuarantine })
	var ended time.Time
	var lost time.Duration
	err := a.Do(t.Context(), "x", func(ctx context.Context, _ Term) error {
		began := time.Now()
		if err := rdb.FlushAll(ctx).Err(); err != nil {
			return err
		}
		<-ctx.Done()
		ended, lost = time.Now(), time.Since(began)
		return nil
	})
	if !errors.Is(err, ErrLost) || lost > a.timing.Trust {
		t.Errorf("%v after %v", err, lost)
	}
	if err := b.Do(t.Context(), "x", nothing); err != nil {
		t.Error(err)
	}
	if waited := time.Since(ended); waited < space2s-a.timing.Beat || waited > 3*space2s {
		t.Errorf("a new lock after %v", waited)
	}
}

// What a server does that has no memory left, or became a replica: what is held ends with its
// trust, and the errors say why.
func TestAServerThatDoesNotWrite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ on, off, says string }{
		"full":      {"CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "out of memory"},
		"read-only": {"REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "read-only replica"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rdb := redistest.Start(t).Client(func(o *redis.Options) { o.MaxRetries = -1 })
			do := func(command string) {
				var words []any
				for word := range strings.FieldsSeq(command) {
					words = append(words, word)
				}
				if err := rdb.Do(context.Background(), words...).Err(); err != nil {
					t.Error(err)
				}
			}
			s := on(t, rdb, fastLease)
			err := s.Do(t.Context(), "x", func(ctx context.Context, _ Term) error {
				do(c.on)
				if err := s.Try(ctx, "y", 0, nothing); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), c.says) {
					t.Error(err)
				}
				<-ctx.Done()
				return nil
			})
			if !errors.Is(err, ErrExpired) {
				t.Error(err)
			}
			do(c.off)
			if err := s.Try(t.Context(), "x", 10*time.Second, nothing); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAServerWithoutScripts(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, "--rename-command", "EVALSHA", "", "--rename-command", "EVAL", "")
	if err := on(t, s.Client()).Try(t.Context(), "x", time.Minute, nothing); !errors.Is(err, election.ErrUnfit) || !strings.Contains(err.Error(), "scripting") {
		t.Error(err)
	}
}

// A space's key that holds something else is never overwritten, and the error names it.
func TestAKeyOfAnotherType(t *testing.T) {
	t.Parallel()
	rdb := redistest.Start(t).Client()
	key := "incumbent:{locks}:space"
	var mu sync.Mutex
	var kinds []election.Kind
	s := on(t, rdb, fastLease, func(c *Config) {
		c.Observer = func(ev Event) {
			mu.Lock()
			defer mu.Unlock()
			kinds = append(kinds, ev.Kind)
		}
	})
	err := s.Do(t.Context(), "x", func(ctx context.Context, _ Term) error {
		if err := rdb.Set(ctx, key, "mine", 0).Err(); err != nil {
			return err
		}
		if err := s.Try(context.WithoutCancel(ctx), "y", time.Minute, nothing); !errors.Is(err, election.ErrForeignRecord) || !strings.Contains(err.Error(), "DEL '"+key+"'") {
			t.Error(err)
		}
		if _, err := s.Holders(context.WithoutCancel(ctx), "y"); !errors.Is(err, election.ErrForeignRecord) {
			t.Error(err)
		}
		<-ctx.Done()
		return nil
	})
	if !errors.Is(err, ErrLost) || rdb.Get(t.Context(), key).Val() != "mine" {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if !strings.Contains(fmt.Sprint(kinds), string(election.KindForeignRecord)) {
		t.Error(kinds)
	}
}

// An epoch, a holder or a session of a later version are left alone, too.
func TestWhatALaterVersionWroteIsLeftAlone(t *testing.T) {
	t.Parallel()
	rdb := redistest.Start(t).Client()
	key := "incumbent:{locks}:space"
	s := on(t, rdb, fastLease)
	for name, fields := range map[string][]any{
		"epoch":   {"e", "2 O 5000 AAAAAAAAAAAAAAAA 1.1"},
		"holder":  {"e", space.NewEpoch(true, time.Hour, "1.1").String(), "l:0:x", "somebody"},
		"session": {"e", space.NewEpoch(true, time.Hour, "1.1").String(), "l:0:x", "AAAAAAAAAAAAAAAA:1:2", "s:AAAAAAAAAAAAAAAA", "?"},
	} {
		if err := rdb.Del(t.Context(), key).Err(); err != nil {
			t.Fatal(err)
		}
		if err := rdb.HSet(t.Context(), key, fields...).Err(); err != nil {
			t.Fatal(err)
		}
		if err := s.Try(t.Context(), "x", time.Minute, nothing); !errors.Is(err, election.ErrForeignRecord) {
			t.Errorf("%s: %v", name, err)
		}
		for i := 0; i < len(fields); i += 2 {
			if is := rdb.HGet(t.Context(), key, fields[i].(string)).Val(); is != fields[i+1] {
				t.Errorf("%s: %s is %q", name, fields[i], is)
			}
		}
	}
}
