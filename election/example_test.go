package election_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
)

// standIn is a Redis in this process, in place of yours. An election of that name was
// held there before, so nobody waits for a lease to be sure. Its clock stands still in
// the past and is not believed, so the next term is 42.
func standIn(name string) (rdb *redis.Client, end func()) {
	server := miniredis.NewMiniRedis()
	if err := server.Start(); err != nil {
		log.Fatal(err)
	}
	server.SetTime(time.Unix(0, 0))
	if err := server.Set("incumbent:{"+name+"}", "1 V 41 7 15000 - AAAAAAAAAAAAAAAA - -"); err != nil {
		log.Fatal(err)
	}
	rdb = redis.NewClient(&redis.Options{Addr: server.Addr()})
	return rdb, func() {
		_ = rdb.Close()
		server.Close()
	}
}

// One call of Lead is one term. What the work returns is what Lead returns.
func ExampleElector_Lead() {
	rdb, end := standIn("report")
	defer end()

	elector, err := election.New(rdb, election.Config{Name: "report"})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = elector.Lead(context.Background(), func(ctx context.Context, term election.Term) error {
		fmt.Println("nobody else leads, in term", term)
		return ctx.Err() // nil while this process leads
	})
	fmt.Println("the term has ended:", err)
	// Output:
	// nobody else leads, in term 42
	// the term has ended: <nil>
}

// TryLead does not wait for another leader to end.
func ExampleElector_TryLead() {
	rdb, end := standIn("report")
	defer end()

	first, err1 := election.New(rdb, election.Config{Name: "report", ID: "web-1", Lease: 2 * time.Second})
	second, err2 := election.New(rdb, election.Config{Name: "report", ID: "web-2", Lease: 2 * time.Second})
	if err := errors.Join(err1, err2); err != nil {
		fmt.Println(err)
		return
	}
	err := first.Lead(context.Background(), func(context.Context, election.Term) error {
		return second.TryLead(context.Background(), func(context.Context, election.Term) error {
			fmt.Println("never printed: web-1 leads")
			return nil
		})
	})
	var held *election.Error
	if errors.As(err, &held) && errors.Is(err, election.ErrHeld) {
		fmt.Println("led by", held.Leader.ID, "in term", held.Leader.Term)
	}
	// Output: led by web-1 in term 42
}

// Any process can observe who leads: first the state as it is, then each change.
func ExampleElector_Observe() {
	rdb, end := standIn("report")
	defer end()

	elector, err := election.New(rdb, election.Config{Name: "report", ID: "web-1", Meta: "10.0.4.7:8080"})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = elector.Lead(context.Background(), func(ctx context.Context, _ election.Term) error {
		for leader, err := range elector.Observe(ctx) {
			switch {
			case err != nil:
				fmt.Println("for now nobody knows:", err)
			case leader.Nobody():
				fmt.Println("nobody leads")
			default:
				fmt.Println(leader.ID, "leads in term", leader.Term, "at", leader.Meta)
			}
			break // this example has seen enough
		}
		return nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	// Output: web-1 leads in term 42 at 10.0.4.7:8080
}

// Any process can ask the leader to step down. The leader drains its work, and then
// another is elected.
func ExampleElector_StepDown() {
	rdb, end := standIn("report")
	defer end()

	elector, err := election.New(rdb, election.Config{Name: "report"})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = elector.Lead(context.Background(), func(ctx context.Context, _ election.Term) error {
		if err := elector.StepDown(context.Background(), "an example"); err != nil { // from any process
			return err
		}
		<-ctx.Done()
		fmt.Println("asked:", errors.Is(context.Cause(ctx), election.ErrStepDown))
		return nil // after what is in hand is done: leadership is kept until here
	})
	fmt.Println("ended by:", election.ReasonOf(err))
	// Output:
	// asked: true
	// ended by: step_down
}

// A pause holds the work back in all processes, until Resume or a time.
func ExampleElector_Pause() {
	rdb, end := standIn("report")
	defer end()

	elector, err := election.New(rdb, election.Config{Name: "report"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	work := func(context.Context, election.Term) error {
		fmt.Println("works")
		return nil
	}
	if err := elector.Pause(ctx, time.Time{}, "the database is upgraded"); err != nil { // from any process
		fmt.Println(err)
		return
	}
	err = elector.TryLead(ctx, work) // Lead would wait for the end of the pause
	leader, _ := elector.Leader(ctx)
	fmt.Println("paused:", errors.Is(err, election.ErrPaused), leader.Paused, leader.PauseReason)
	if err := elector.Resume(ctx, ""); err != nil {
		fmt.Println(err)
		return
	}
	if err := elector.TryLead(ctx, work); err != nil {
		fmt.Println(err)
	}
	// Output:
	// paused: true true the database is upgraded
	// works
}

// Elections of one process share connections, and what Connect is given as defaults.
func ExampleConnect() {
	rdb, end := standIn("report")
	defer end()

	conn, err := election.Connect(rdb, election.Config{Lease: 5 * time.Second})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	report, err1 := conn.Elector(election.Config{Name: "report"})
	cleanUp, err2 := conn.Elector(election.Config{Name: "clean-up", Lease: 30 * time.Second})
	if err := errors.Join(err1, err2); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Name(), report.Timing().Lease)
	fmt.Println(cleanUp.Name(), cleanUp.Timing().Lease)
	// Output:
	// report 5s
	// clean-up 30s
}

// The work's context ends when somebody asks for it. The drain context lasts, so that what
// is in hand can be finished: leadership is kept until the work returns.
func ExampleDrain() {
	rdb, end := standIn("consumer")
	defer end()

	elector, err := election.New(rdb, election.Config{Name: "consumer"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background()) // in a service: signal.NotifyContext
	err = elector.Lead(ctx, func(ctx context.Context, _ election.Term) error {
		drain := election.Drain(ctx)
		for message := 1; ctx.Err() == nil; message++ { // take nothing new when asked to stop
			if message == 2 {
				stop() // as SIGTERM does, with a message in hand
			}
			fmt.Println("message", message, "- to be stopped:", ctx.Err() != nil, "- may finish:", drain.Err() == nil)
		}
		return nil
	})
	fmt.Println("released:", err == nil)
	// Output:
	// message 1 - to be stopped: false - may finish: true
	// message 2 - to be stopped: true - may finish: true
	// released: true
}

// Work that reports no progress for Stall loses leadership. Here its last piece takes too
// long, but it obeys its context.
func ExampleProgress() {
	rdb, end := standIn("import")
	defer end()

	elector, err := election.New(rdb, election.Config{Name: "import", Lease: 2 * time.Second, Stall: 600 * time.Millisecond})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = elector.Lead(context.Background(), func(ctx context.Context, _ election.Term) error {
		for piece, takes := range []time.Duration{time.Millisecond, time.Millisecond, time.Hour} {
			select {
			case <-time.After(takes):
				fmt.Println("piece", piece, "is done")
				election.Progress(ctx)
			case <-ctx.Done():
				return nil
			}
		}
		return nil
	})
	fmt.Println("stalled:", errors.Is(err, election.ErrStalled))
	// Output:
	// piece 0 is done
	// piece 1 is done
	// stalled: true
}
