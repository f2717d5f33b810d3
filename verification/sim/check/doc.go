// Package check judges a simulated election by its history alone: one ordered
// list of what processes, clients, clocks and the server did, and of the faults
// that were done to them. It knows the protocol's promises and none of its code:
// it parses records, keeps clocks and derives durations by itself.
//
// A [History] is written by the simulation and judged entry by entry. What is
// wrong becomes a [Violation] of a named [Rule]. Two works that overlapped
// because a declared assumption was broken are no violation: they are counted by
// the [Assumption].
package check
