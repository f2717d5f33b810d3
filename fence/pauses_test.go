package fence_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/fence"
	"example.com/incumbent/internal/redistest"
)

// A writer sends a term to the list of all writes.
type writer struct {
	name  string
	write func(ctx context.Context, rdb redis.Scripter, term election.Term) error
}

const list = "{nightly}:writes"

var writers = []writer{
	{"by record", func(ctx context.Context, rdb redis.Scripter, term election.Term) error {
		_, err := fence.Do(ctx, rdb, fence.Cmd{"RPUSH", fence.Key(list), term})
		return err
	}},
	{"by record, a script", func(ctx context.Context, rdb redis.Scripter, term election.Term) error {
		_, err := fence.Eval(ctx, rdb, push, []fence.Key{list}, term)
		return err
	}},
	{"by term", func(ctx context.Context, rdb redis.Scripter, term election.Term) error {
		_, err := fence.At("{nightly}:fence").Do(ctx, rdb, fence.Cmd{"RPUSH", fence.Key(list), term})
		return err
	}},
	{"not fenced", func(ctx context.Context, rdb redis.Scripter, term election.Term) error {
		return rdb.Eval(ctx, push, []string{list}, int64(term)).Err()
	}},
}

const push = "return redis.call('RPUSH', KEYS[1], ARGV[1])"

// pauses is how often something happens between the check of the context and the write.
const pauses = 200

// stalls is how often a process stands still there, for each writer.
var stalls = redistest.Either(60, pauses)

// Two processes lead in turn and write three times a second. Now and then the leader stands
// still between its last look at its context and the write, for up to two leases. A write
// that comes after one of a later term is refused, and only such a one. Without the fence
// some of them are accepted, so the pauses are long enough to show it.
func TestPausesBetweenCheckAndWrite(t *testing.T) {
	for _, w := range writers {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStory(t, w)
				stale, writes := s.tell()
				t.Logf("%d pauses, %d writes in %d terms, %d refused, %d stale", s.paused, len(writes), len(slices.Compact(writes)), s.refused, stale)
				if s.paused < stalls || len(writes) < 2*stalls {
					t.Errorf("%d pauses, %d writes: the test shows nothing", s.paused, len(writes))
				}
				if w.name == "not fenced" {
					if stale == 0 {
						t.Error("no write is stale without a fence: the test shows nothing")
					}
					return
				}
				if stale != 0 || s.refused == 0 {
					t.Errorf("%d stale writes, %d refused", stale, s.refused)
				}
			})
		})
	}
}

// A story is what happens to some processes that write while they lead.
type story struct {
	t      *testing.T
	redis  *electiontest.Redis
	writer writer

	mu      sync.Mutex
	random  *rand.Rand
	paused  int
	refused int
	over    context.CancelFunc
}

func newStory(t *testing.T, w writer) *story {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return &story{t: t, redis: electiontest.NewRedis(t), writer: w, random: rand.New(rand.NewPCG(seed, 0))}
}

// tell runs two processes until there were enough pauses.
func (s *story) tell() (stale int, terms []int64) {
	ctx, cancel := context.WithCancel(s.t.Context())
	s.over = cancel
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() { s.campaign(ctx, s.redis.Client()) })
	}
	all.Wait()
	written, err := s.redis.Client().LRange(context.Background(), list, 0, -1).Result()
	if err != nil {
		s.t.Fatal(err)
	}
	var highest int64
	for _, text := range written {
		term, _ := strconv.ParseInt(text, 10, 64)
		if term < highest {
			stale++
		}
		highest = max(highest, term)
		terms = append(terms, term)
	}
	return stale, terms
}

const lease = 3 * time.Second

func (s *story) campaign(ctx context.Context, client *electiontest.Client) {
	e, err := election.New(client, election.Config{Name: "nightly", Lease: lease, CoolDown: 100 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		s.t.Error(err)
		return
	}
	rdb := &late{Scripter: client, story: s, client: client}
	for ctx.Err() == nil {
		_ = e.Lead(ctx, func(ctx context.Context, term election.Term) error { return s.work(ctx, rdb, term) })
	}
}

// work writes until it is refused.
func (s *story) work(ctx context.Context, rdb redis.Scripter, term election.Term) error {
	for ctx.Err() == nil {
		err := s.writer.write(ctx, rdb, term)
		var refused *fence.Error
		switch {
		case errors.As(err, &refused):
			if refused.Term != term || refused.Highest <= term && s.writer.name == "by term" {
				s.t.Errorf("in term %d: %v", term, err)
			}
			s.mu.Lock()
			s.refused++
			s.mu.Unlock()
			return err
		case err != nil && ctx.Err() == nil:
			s.t.Errorf("in term %d: %v", term, err)
		}
		time.Sleep(lease / 9)
	}
	return nil
}

// late is a client whose process stands still, now and then, when fence hands it a write.
type late struct {
	redis.Scripter

	story  *story
	client *electiontest.Client
}

func (l *late) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *redis.Cmd {
	return l.Scripter.EvalSha(l.story.pause(ctx, l.client), sha, keys, args...)
}

func (l *late) Eval(ctx context.Context, text string, keys []string, args ...any) *redis.Cmd {
	return l.Scripter.Eval(l.story.pause(ctx, l.client), text, keys, args...)
}

// pause returns a context to send in: the look at the other one is over.
func (s *story) pause(ctx context.Context, client *electiontest.Client) context.Context {
	s.mu.Lock()
	d := time.Duration(s.random.Int64N(int64(2 * lease)))
	stands := s.random.IntN(5) == 0
	if stands {
		s.paused++
	}
	if s.paused == stalls {
		s.over()
	}
	s.mu.Unlock()
	if stands {
		client.Pause(d)
		time.Sleep(d)
	}
	return context.WithoutCancel(ctx)
}

// The same in small steps, and on a server: between the check and the write of a leader
// another is elected, or the leader only beats.
func TestAWriteThatComesLateIsRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, rdb redis.UniversalClient) {
		for _, w := range writers[:3] {
			stand(t, rdb, "{nightly}:fence", "")
			stand(t, rdb, list, "")
			refused := 0
			for term := int64(ours); term < ours+pauses; term++ {
				rec := led(term)
				ctx := holder(t, rdb, "nightly", rec)
				another := term%2 == 0
				err := w.write(ctx, between{rdb, func() {
					if !another {
						stand(t, rdb, "incumbent:{nightly}", rec.Next(rec.Status).String())
						return
					}
					if err := w.write(holder(t, rdb, "nightly", led(term+1)), rdb, election.Term(term+1)); err != nil {
						t.Errorf("the successor in term %d: %v", term+1, err)
					}
				}}, election.Term(term))
				if errors.Is(err, fence.ErrFenced) {
					refused++
				}
				if errors.Is(err, fence.ErrFenced) != another || !another && err != nil {
					t.Errorf("%s, term %d, another elected %v: %v", w.name, term, another, err)
				}
			}
			if refused != pauses/2 {
				t.Errorf("%s: %d of %d refused", w.name, refused, pauses)
			}
			inOrder(t, rdb, w.name)
		}
	})
}

// between is a client before whose call something happens.
type between struct {
	redis.Scripter

	happens func()
}

func (b between) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *redis.Cmd {
	b.happens()
	return b.Scripter.EvalSha(ctx, sha, keys, args...)
}

func inOrder(t *testing.T, rdb redis.UniversalClient, name string) {
	t.Helper()
	written := rdb.LRange(t.Context(), list, 0, -1).Val()
	if len(written) < pauses || !slices.IsSorted(written) {
		t.Errorf("%s: %d writes, in order %v", name, len(written), slices.IsSorted(written))
	}
	if want := fmt.Sprint(ours + pauses - 1); written[len(written)-1] != want {
		t.Errorf("%s: the last write is %s, want %s", name, written[len(written)-1], want)
	}
}
