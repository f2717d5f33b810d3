package election

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/pubsub"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
)

// instant is a store without a network: every request is answered as it was asked
// for, or with the record that stands.
type instantStore struct {
	clock  seam.Clock
	stands record.Record
}

func (s *instantStore) Do(_ context.Context, requests ...register.Request) []register.Reply {
	now := s.clock.Now()
	replies := make([]register.Reply, len(requests))
	for i, q := range requests {
		if q.Swap != nil {
			replies[i].Observation = q.Swap.Applied()
		} else {
			replies[i].Observation = register.Observation{Contents: register.Contents{Present: true, Bytes: s.stands.String()}, Rec: s.stands}
		}
		replies[i].Sent, replies[i].Received = now, now
	}
	return replies
}

func (s *instantStore) Peek(ctx context.Context, _ string) (register.Observation, error) {
	return s.Do(ctx, register.Request{})[0].Observation, nil
}

// noWarmer connects nothing beside the attempts.
func noWarmer(time.Duration, []register.Request) {}

// benchBatch is how many beats the benchmarks send together.
const benchBatch = 64

// benchLeaderships returns a beater that is stepped by hand and leaderships that beat.
func benchLeaderships(b *testing.B, n int, s register.Store, clock seam.Clock) (*beater, []*leadership) {
	b.Helper()
	return newBeater(s, clock), leaderships(b, n, s, clock)
}

// leaderships returns leaderships that beat, of as many elections.
func leaderships(b testing.TB, n int, s register.Store, clock seam.Clock) []*leadership {
	b.Helper()
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"}) // never used; a name would be looked up
	b.Cleanup(func() { _ = client.Close() })
	conn, err := Connect(client, Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	ses := &session{clock: clock, reporter: newReporter()}
	all := make([]*leadership, n)
	for i := range all {
		e, err := conn.Elector(Config{Name: fmt.Sprint("bench-", i), Lease: 3 * time.Second, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		e.hushed.Store(true)
		rec := record.Record{Status: record.Led, Term: 1_763_692_999_000, Lease: 3 * time.Second, Holder: e.cfg.ID, Nonce: record.NewNonce(), ID: "-"}
		all[i] = ses.newLeadership(b.Context(), e.candidacy, rec, clock.Now())
	}
	return all
}

// A beat of one election without a network: the step, the bytes, the batch, the
// judgement of the answer.
func BenchmarkBeat(b *testing.B) {
	for _, n := range []int{1, 64, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := &instantStore{clock: seam.NewSystem()}
			bt, all := benchLeaderships(b, n, s, seam.NewSystem())
			benchBeats(b, bt, s, all)
		})
	}
}

// A beat that somebody observes.
func BenchmarkBeatObserved(b *testing.B) {
	s := &instantStore{clock: seam.NewSystem()}
	bt, all := benchLeaderships(b, benchBatch, s, seam.NewSystem())
	for _, l := range all {
		l.candidacy.cfg.Observer = func(Event) {}
		l.candidacy.hushed.Store(false)
	}
	benchBeats(b, bt, s, all)
}

// The same against a real server, to which every beat is a round trip and n share
// one.
func BenchmarkBeatOnAServer(b *testing.B) {
	server := redistest.Start(b)
	for _, n := range []int{1, 64, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			client, clock := server.Client(), seam.NewSystem()
			s := register.NewRegister(client, clock, noWarmer)
			bt, all := benchLeaderships(b, n, s, clock)
			for _, t := range all {
				put(b, client, t.candidacy.place.Key, register.Contents{Present: true, Bytes: t.bytes})
			}
			benchBeats(b, bt, s, all)
		})
	}
}

func benchBeats(b *testing.B, bt *beater, s register.Store, all []*leadership) {
	b.Helper()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for together := range slices.Chunk(all, benchBatch) {
			benchOneBatch(b, bt, s, together)
		}
		n += len(all)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/beat")
}

func benchOneBatch(b *testing.B, bt *beater, s register.Store, together []*leadership) {
	b.Helper()
	beats := make([]beat, 0, len(together))
	for _, l := range together {
		l.pulse.Hurry(bt.clock.Now())
		sent, ok := l.step(0)
		if !ok {
			b.Fatal("nothing to send")
		}
		beats = append(beats, sent)
	}
	replies := s.Do(b.Context(), requestsOf(beats)...)
	for i, sent := range beats {
		sent.leadership.answered(sent, replies[i])
		if sent.leadership.pending != nil {
			b.Fatal("not confirmed")
		}
	}
}

// What the beater does for many elections, as time goes by: which of them beat
// now, their beats in batches, the answers.
func BenchmarkBeater(b *testing.B) {
	for _, n := range []int{100, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			clock := &handClock{}
			s := &instantStore{clock: clock}
			bt, all := benchLeaderships(b, n, s, clock)
			for _, l := range all {
				bt.schedule(l, clock.now)
			}
			b.ReportAllocs()
			beats := 0
			for b.Loop() {
				clock.now = clock.now.Add(4 * time.Millisecond)
				for together := range slices.Chunk(bt.due(), benchBatch) {
					beats += len(together)
					bt.deliver(together, s.Do(b.Context(), requestsOf(together)...))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(beats), "ns/beat")
		})
	}
}

// handClock is moved by hand.
type handClock struct{ now heartbeat.Instant }

func (c *handClock) Now() heartbeat.Instant            { return c.now }
func (*handClock) Timer(d time.Duration) time.Duration { return d }
func (*handClock) Float64() float64                    { return rand.Float64() }

// What a standby does with a look's answer, and with a push.
func BenchmarkJudge(b *testing.B) {
	clock := seam.NewSystem()
	rec := record.Record{Status: record.Led, Term: 1_763_692_999_000, Lease: 3 * time.Second, Holder: "host-4711-0badcafe", Nonce: record.NewNonce(), ID: "-"}
	b.Run("look", func(b *testing.B) {
		b.ReportAllocs()
		var j heartbeat.Judge
		bytes := rec.String()
		for b.Loop() {
			s := register.NewObservation(true, bytes)
			now := clock.Now()
			j.Observe(s.Rec.Sign(s.Bytes), now, now)
		}
	})
	b.Run("push", func(b *testing.B) {
		b.ReportAllocs()
		m := newInbox()
		bytes := rec.String()
		for b.Loop() {
			m.onRecord(pubsub.Message{Text: bytes, Received: clock.Now()})
			m.take()
		}
	})
}

// A term from a vacancy to the next one, on a real server: a look, a grant, a
// release.
func BenchmarkTermOnAServer(b *testing.B) {
	client := redistest.Start(b).Client()
	conn, err := Connect(client, Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	keep, err := conn.Elector(Config{Name: "other", Bootstrap: BootstrapImmediate, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	e, err := conn.Elector(Config{Name: "bench", Bootstrap: BootstrapImmediate, CoolDown: -1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	err = keep.Lead(b.Context(), func(ctx context.Context, _ Term) error { // the session stays
		b.ReportAllocs()
		for b.Loop() {
			if err := e.Lead(ctx, func(context.Context, Term) error { return nil }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// put sets or deletes a key.
func put(t testing.TB, client *redis.Client, key string, c register.Contents) {
	t.Helper()
	var err error
	if c.Present {
		err = client.Set(t.Context(), key, c.Bytes, 0).Err()
	} else {
		err = client.Del(t.Context(), key).Err()
	}
	if err != nil {
		t.Fatal(err)
	}
}
