// Package electiontest is for tests of services that use this module: a test decides
// who leads and who holds a lock, on the real protocol, without waiting.
//
//	func TestConsumer(t *testing.T) {
//		e := electiontest.NewElection(t, "consumer") // another leads
//		…
//		go singleton.Run(ctx, e.Client, "consumer", work)
//		e.Elect()  // now we lead: work begins
//		e.Revoke() // its context ends with election.ErrLost
//		e.Elect()
//		e.Expire() // no beat was confirmed for too long: election.ErrExpired
//		e.Elect()
//		e.StepDown() // somebody asked for it: election.ErrStepDown
//	}
//
// # What there is
//
//   - [Election]: one election in the hands of the test, with the jobs that its leader
//     schedules.
//   - [Space]: one space of locks in the hands of the test.
//   - [Redis]: the server in memory that it runs on.
//   - [Client]: what one process has of it, a *redis.Client behind a network that
//     the test can cut, stall and heal, with a clock that it can stop.
//   - [Fleet]: some processes that run the service, random faults, and a checker
//     that fails the test when two of them work at once.
//   - [Fence]: a resource that refuses older terms.
//   - [Lead]: the context of a leader, to call code that needs one.
//
// Nothing is a mock: electors, locks, records, scripts and clients are those of
// production. Only the server is a stand-in, github.com/alicebob/miniredis, and
// the network a piece of memory.
//
// # Time
//
// All of it runs in a testing/synctest bubble and outside. In a bubble waiting
// costs nothing: leases, back-offs and whole days pass by themselves, and
// synctest.Wait tells when everybody has done what there is to do. Make
// everything in the bubble, with the bubble's t. Outside, an
// [Election] changes its leader within milliseconds; what takes its time is what the code under test
// waits for itself, such as the back-off of singleton.Keep after a loss (a second
// by default, see singleton.Policy). A [Space] takes locks away within a beat, 2/15 of
// the lease. A [Fleet] outside of a bubble waits for real leases.
//
// # Ends
//
// End what campaigns before the test ends, and wait for it: its last act is to
// release leadership. While its network is cut or swallows that takes up to
// Elector.StopBudget; [Client.Heal] ends the wait. The same holds for what holds or
// waits for a lock, and then lock.Space.Close.
//
// go-redis logs every connection that a test breaks; logging.Disable of its
// package logging, called from TestMain, keeps it quiet.
package electiontest
