package electiontest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/lock"
	"example.com/incumbent/schedule"
	"example.com/incumbent/singleton"
)

// The hooks of a service are called when the test says so. This runs in real
// time, in a few milliseconds.
func ExampleElection() {
	asTest(func(t *testing.T) { // yours is func TestConsumer(t *testing.T)
		told := make(chan string)
		hooks := singleton.Hooks{ // of the service under test
			OnElected: func(context.Context, election.Term) error {
				told <- "consuming"
				return nil
			},
			OnRevoked: func(_ context.Context, _ election.Term, cause error) {
				told <- "stopped: " + string(election.ReasonOf(cause))
			},
		}

		e := electiontest.NewElection(t, "consumer")
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- singleton.Run(ctx, e.Client, "consumer", hooks.Work()) }()

		e.Elect()
		fmt.Println(<-told)
		e.Expire()
		fmt.Println(<-told)

		stop()
		fmt.Println("ended:", <-ended)
	})
	// Output:
	// consuming
	// stopped: expired
	// ended: <nil>
}

// Work must stop when leadership is lost. In a bubble, synctest.Wait tells when
// it has done all that there is to do, and back-offs cost no time.
func ExampleElection_Revoke() {
	asTest(func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { // all of the test, and with its t
			e := electiontest.NewElection(t, "refresh")
			refreshes := 0
			refresh := singleton.Every(time.Minute, func(context.Context, election.Term) error {
				refreshes++
				return nil
			})
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- singleton.Run(ctx, e.Client, "refresh", refresh) }()

			e.Elect()
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			fmt.Println("refreshes while it leads:", refreshes)

			e.Revoke()
			refreshes = 0
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			fmt.Println("refreshes while another leads:", refreshes)

			e.Elect()
			synctest.Wait()
			fmt.Println("refreshes at once when it leads again:", refreshes)

			stop()
			<-ended
		})
	})
	// Output:
	// refreshes while it leads: 11
	// refreshes while another leads: 0
	// refreshes at once when it leads again: 1
}

// A job runs when the test says so. Its real due times come by themselves: an hour of a
// bubble takes no time.
func ExampleElection_MakeDue() {
	asTest(func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, err := schedule.New(schedule.Job{
				Name: "report", Due: schedule.Cron("@hourly", "UTC"),
				Run: func(_ context.Context, tick schedule.Tick) error {
					fmt.Println("runs, due at", tick.Due.Format(time.Kitchen))
					return nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			e := electiontest.NewElection(t, "nightly")
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- singleton.Run(ctx, e.Client, "nightly", s.Work) }()

			e.Elect()
			time.Sleep(time.Hour)
			e.MakeDue("report") // a run that is asked for has no due time

			stop()
			<-ended
		})
	})
	// Output:
	// runs, due at 1:00AM
	// runs, due at 12:00AM
}

// A service whose network is cut must stop before anybody else can start.
func ExampleClient_Cut() {
	asTest(func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := electiontest.NewElection(t, "report")
			var cause error
			work := func(ctx context.Context, _ election.Term) error {
				<-ctx.Done()
				cause = context.Cause(ctx)
				return nil
			}
			elector, err := election.New(e.Client, election.Config{Name: "report", Lease: 10 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			ended := make(chan error)
			go func() { ended <- elector.Lead(t.Context(), work) }()

			e.Elect()
			e.Client.Cut()
			time.Sleep(10 * time.Second) // the lease: now others may lead
			synctest.Wait()
			fmt.Println("leads:", elector.IsLeader())
			fmt.Println("stopped because its trust expired:", errors.Is(cause, election.ErrExpired))

			e.Client.Heal()
			<-ended
		})
	})
	// Output:
	// leads: false
	// stopped because its trust expired: true
}

// Three instances live through twenty minutes in which everything fails. Then the
// leader stands still for a minute, and another takes over. The fleet fails the
// test if two of them work at once.
func ExampleFleet() {
	asTest(func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fleet := electiontest.NewFleet(t, 3, func(ctx context.Context, m *electiontest.Member) error {
				work := singleton.Every(time.Second, func(_ context.Context, term election.Term) error {
					return m.Fence.Write(term) // in the fake database of the service
				})
				return singleton.Run(ctx, m.Client, "orders", m.Watch(work))
			})

			fleet.InjectFaults(1, 20*time.Minute)
			_, refused := fleet.Fence.Writes()
			fmt.Println("refused in the storm:", refused)

			first := fleet.AwaitLeader()
			first.Pause(time.Minute)
			time.Sleep(30 * time.Second)
			fmt.Println("another leads:", fleet.AwaitLeader() != first)
		})
	})
	// Output:
	// refused in the storm: 0
	// another leads: true
}

// A service that ships orders under a lock: somebody else has the order, then nobody has,
// and then the lock goes while the order is being shipped.
func ExampleSpace() {
	asTest(func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := electiontest.NewSpace(t, "orders")
			locks, err := lock.Open(s.Client, lock.Config{Name: "orders"}) // as the service does
			if err != nil {
				t.Fatal(err)
			}
			ship := func() error { // of the service under test
				return locks.Try(t.Context(), "order-4711", time.Second, func(ctx context.Context, _ lock.Term) error {
					select {
					case <-time.After(time.Minute):
						return nil
					case <-ctx.Done():
						return errors.New("stopped")
					}
				})
			}

			release := s.Hold("order-4711")
			fmt.Println("busy:", errors.Is(ship(), lock.ErrHeld))
			release()
			fmt.Println("free:", ship())

			shipped := make(chan error)
			go func() { shipped <- ship() }()
			synctest.Wait() // it is at work
			s.Expire()
			err = <-shipped
			fmt.Println("stopped by the loss:", errors.Is(err, lock.ErrExpired))
			fmt.Println("closed:", locks.Close())
		})
	})
	// Output:
	// busy: true
	// free: <nil>
	// stopped by the loss: true
	// closed: <nil>
}

func ExampleFence() {
	var database electiontest.Fence
	fmt.Println(database.Write(7))
	fmt.Println(database.Write(8))
	fmt.Println(database.Write(7)) // of a leader that was paused
	// Output:
	// <nil>
	// <nil>
	// fence: refused by the fence: "electiontest.Fence" has term 8, and the write is of term 7
}
