package election_test

// Shows a promise of Conn: its electors share connections, memory and end, and disturb nobody.

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/redistest"
)

// shared is a Conn in a bubble, over a Redis in it.
func shared(t *testing.T) (*election.Conn, *redistest.Stub) {
	t.Helper()
	stub := redistest.NewStub(t)
	conn, err := election.Connect(stub.Client(stub.Link()), election.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return conn, stub
}

// elector is a candidate that takes an absent record at once.
func elector(t *testing.T, conn *election.Conn, name string) *election.Elector {
	t.Helper()
	e, err := conn.Elector(election.Config{Name: name, Bootstrap: election.BootstrapImmediate, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// term is a Lead under way.
type term struct {
	ctx     context.Context // of the work
	number  election.Term
	elected chan struct{} // closed when the work has begun
	cancel  context.CancelFunc
	ended   chan error // gets what Lead returned
}

func lead(t *testing.T, e *election.Elector) *term {
	r := &term{elected: make(chan struct{}), ended: make(chan error, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	r.cancel = cancel
	go func() {
		r.ended <- e.Lead(ctx, func(ctx context.Context, number election.Term) error {
			r.ctx, r.number = ctx, number
			close(r.elected)
			<-ctx.Done()
			return nil
		})
	}()
	return r
}

func (r *term) stop(t *testing.T) {
	t.Helper()
	r.cancel()
	if err := <-r.ended; err != nil {
		t.Errorf("Lead returned %v after an orderly stop", err)
	}
}

// A crowd that starts far away from Redis is served in turn, and keeps what it
// has: nobody gives up what was not even sent, and beats share packets that grow
// with the distance.
func TestManyElectionsFarAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		many := redistest.Either(500, 1500)
		stub := redistest.NewStub(t)
		network := stub.Link()
		network.SetLatency(50 * time.Millisecond)
		conn, err := election.Connect(stub.Client(network), election.Config{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		terms := make([]*term, many)
		for i := range terms {
			e, err := conn.Elector(election.Config{
				Name: fmt.Sprint("x", i), Lease: 3 * time.Second, Bootstrap: election.BootstrapImmediate, Logger: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			terms[i] = lead(t, e)
		}
		began := time.Now()
		for _, r := range terms {
			<-r.elected
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("it took %v until all led", took)
		}
		time.Sleep(5 * time.Second)
		for i, r := range terms {
			if r.ctx.Err() != nil {
				t.Fatalf("term %d ended: %v", i, context.Cause(r.ctx))
			}
		}
		for _, r := range terms {
			r.cancel()
		}
		for _, r := range terms {
			if err := <-r.ended; err != nil {
				t.Errorf("Lead returned %v after an orderly stop", err)
			}
		}
	})
}

// Close refuses new calls at once, or a busy health check could hold it up for ever;
// it leaves those under way alone.
func TestConnClosesWhenNothingRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, _ := shared(t)
		e, other := elector(t, conn, "x"), elector(t, conn, "y")
		r := lead(t, e)
		<-r.elected
		for range 2 {
			if err := conn.Close(); !errors.Is(err, election.ErrRunning) || !strings.Contains(err.Error(), "1 calls under way") {
				t.Errorf("Close while one leads: %v", err)
			}
		}
		if _, err := other.Leader(t.Context()); !errors.Is(err, election.ErrClosed) {
			t.Errorf("Leader after Close: %v, want %v", err, election.ErrClosed)
		}
		time.Sleep(time.Minute)
		if r.ctx.Err() != nil {
			t.Errorf("Close ended a term: %v", context.Cause(r.ctx))
		}
		r.stop(t)
		for range 2 {
			if err := conn.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
		closed(t, conn, e)
	})
}

// closed checks that nothing of a Conn runs any more.
func closed(t *testing.T, conn *election.Conn, e *election.Elector) {
	t.Helper()
	var observed []string
	for l, err := range e.Observe(t.Context()) {
		observed = append(observed, fmt.Sprint(l.Nobody(), err))
	}
	if want := []string{"true " + election.ErrClosed.Error()}; fmt.Sprint(observed) != fmt.Sprint(want) {
		t.Errorf("Observe yielded %v, want %v", observed, want)
	}
	_, leaderErr := e.Leader(t.Context())
	_, electorErr := conn.Elector(election.Config{Name: "y"})
	for what, err := range map[string]error{
		"Lead":     e.Lead(t.Context(), func(context.Context, election.Term) error { t.Error("it leads"); return nil }),
		"Leader":   leaderErr,
		"StepDown": e.StepDown(t.Context(), ""),
		"Elector":  electorErr,
	} {
		if !errors.Is(err, election.ErrClosed) || !election.Permanent(err) {
			t.Errorf("%s after Close: %v, want %v", what, err, election.ErrClosed)
		}
	}
	if e.IsLeader() || e.Check() != nil {
		t.Errorf("after Close: leader %v, check %v", e.IsLeader(), e.Check())
	}
}

func TestConnDoesNotCloseWhileSomebodyObserves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, _ := shared(t)
		e := elector(t, conn, "x")
		for range e.Observe(t.Context()) {
			if err := conn.Close(); !errors.Is(err, election.ErrRunning) {
				t.Errorf("Close while one observes: %v", err)
			}
			break
		}
		if err := conn.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

// Electors of one Conn share its connections and its subscription, and one of
// them that ends takes nothing from the others.
func TestElectorsShareAConn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		link := stub.Link()
		conn, err := election.Connect(stub.Client(link), election.Config{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		var terms []*term
		for i := range 20 {
			terms = append(terms, lead(t, elector(t, conn, fmt.Sprint("election-", i))))
		}
		for _, r := range terms {
			<-r.elected
		}
		time.Sleep(time.Minute)
		if n := link.Conns(); n > 4 {
			t.Errorf("20 elections use %d connections", n)
		}
		for i, r := range terms {
			if r.ctx.Err() != nil {
				t.Errorf("election %d ended: %v", i, context.Cause(r.ctx))
			}
		}
		for _, r := range terms[:10] {
			r.stop(t)
		}
		time.Sleep(time.Minute)
		for i, r := range terms[10:] {
			if r.ctx.Err() != nil {
				t.Errorf("election %d ended with the others: %v", i+10, context.Cause(r.ctx))
			}
			r.stop(t)
		}
		synctest.Wait()
		if n := link.Conns(); n != 0 {
			t.Errorf("%d connections are left", n)
		}
	})
}

// What a Conn knows of an election outlives its electors: a later one of the
// same name does not take an absent record at once.
func TestElectorsOfAConnShareItsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, stub := shared(t)
		first := lead(t, elector(t, conn, "x"))
		<-first.elected
		first.stop(t)
		stub.Mini.FlushAll()
		begin := time.Now()
		second := lead(t, elector(t, conn, "x"))
		<-second.elected
		if waited := time.Since(begin); waited < 15*time.Second {
			t.Errorf("led again %v after Redis had forgotten", waited)
		}
		if second.number <= first.number {
			t.Errorf("term %d after %d", second.number, first.number)
		}
		second.stop(t)
		other := lead(t, elector(t, conn, "another"))
		<-other.elected // of which nothing is known
		other.stop(t)
	})
}

// Two electors of one Conn and one name are two candidates.
func TestTwoElectorsOfOneName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, _ := shared(t)
		a, b := elector(t, conn, "x"), elector(t, conn, "x")
		first := lead(t, a)
		<-first.elected
		second := lead(t, b)
		time.Sleep(5 * time.Minute)
		if b.IsLeader() || !a.IsLeader() {
			t.Errorf("after some minutes a leads: %v, b leads: %v", a.IsLeader(), b.IsLeader())
		}
		at := time.Now()
		first.stop(t)
		<-second.elected
		if took := time.Since(at); took > 100*time.Millisecond || second.number <= first.number {
			t.Errorf("handed over after %v, term %d after %d", took, second.number, first.number)
		}
		second.stop(t)
	})
}

// The caller's client outlives the Conn.
func TestTheCallersClientStaysOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		client := stub.Client(stub.Link())
		e, err := election.New(client, election.Config{Name: "x", Bootstrap: election.BootstrapImmediate, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		r := lead(t, e)
		<-r.elected
		r.stop(t)
		if err := client.Ping(t.Context()).Err(); err != nil {
			t.Errorf("PING: %v", err)
		}
	})
}

// A constructor starts nothing and sends nothing.
func TestConnectStartsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		link := stub.Link()
		conn, err := election.Connect(stub.Client(link), election.Config{})
		if err != nil {
			t.Fatal(err)
		}
		_ = elector(t, conn, "x")
		time.Sleep(time.Hour)
		if n := link.Conns(); n != 0 {
			t.Errorf("%d connections before anything runs", n)
		}
	})
}

// On a Conn that is started calls find everything connected; Close ends it, and what it
// kept is gone then.
func TestStartKeepsTheConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		link := stub.Link()
		conn, err := election.Connect(stub.Client(link), election.Config{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		e := elector(t, conn, "x")
		for range 2 {
			if err := conn.Start(); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		dialed := link.Dials()
		for range 100 {
			if _, err := e.Leader(t.Context()); !errors.Is(err, election.ErrNoElection) {
				t.Fatal(err)
			}
		}
		if dialed != 1 || link.Dials() != 1 {
			t.Errorf("dialed %d times at Start, and %d times after 100 calls", dialed, link.Dials())
		}
		r := lead(t, e)
		<-r.elected
		if err := conn.Close(); !errors.Is(err, election.ErrRunning) || !strings.Contains(err.Error(), "1 calls under way") {
			t.Errorf("Close while one leads: %v", err)
		}
		r.stop(t)
		for range 2 {
			if err := conn.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
		synctest.Wait()
		if n := link.Conns(); n != 0 {
			t.Errorf("%d connections are left", n)
		}
		if err := conn.Start(); !errors.Is(err, election.ErrClosed) {
			t.Errorf("Start after Close: %v", err)
		}
		closed(t, conn, e)
	})
}

// Start waits for nobody, and neither does Close.
func TestStartWithoutRedis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		link := stub.Link()
		link.Swallow()
		conn, err := election.Connect(stub.Client(link), election.Config{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := conn.Start(); err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("Start and Close took %v", took)
		}
	})
}
