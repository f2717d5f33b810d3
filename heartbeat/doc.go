// Package heartbeat is a pulse that others can judge.
//
// One side beats: it proves, over and over, that it is alive, and trusts its
// own proof for a while ([Pulse]). The other side watches: it calls the beating
// side silent when its own clock has not seen the beat change for a whole lease
// ([Judge]). [Timing] holds the durations of both sides and the one inequality
// that keeps them apart.
//
// Nothing here talks to a network, starts a goroutine or reads a clock: time
// comes in as an [Instant], and the answer is a value. That makes every rule
// testable by calling it.
//
// # What is not guaranteed
//
// No arithmetic can stop a process that the operating system has paused
// between looking at its clock and acting. To be safe against that, give the term
// to the resource that you write to, and have it refuse an older term (a fencing
// token).
//
// # The two clocks
//
// The beating side believes whichever of the monotonic and the wall clock says
// that more time has passed ([Elapsed]). A monotonic clock stands still in
// suspend, and any clock that says "over" must win. The judging side believes
// its monotonic clock only. A wall clock that is set forward must not end a healthy
// term.
package heartbeat
