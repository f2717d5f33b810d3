// Package explore visits every state of a finite system, breadth first, and
// returns the shortest way to the first state that breaks an invariant.
//
// It knows nothing of elections. A [System] says what the states and the steps
// are; states that only differ in what cannot matter (the names of equal
// processes, say) may share one encoding.
//
// # Memory
//
// A visited state is kept as a 64-bit hash and the number of the state it was
// reached from: about 20 bytes, whatever the size of the state. Only the two
// levels at work are kept whole. Two states of the same hash would be taken for
// one and the second left unexplored: among a hundred million states the chance
// of that is about one in four thousand. A trace is found by following the
// numbers back to the start and making the steps again.
//
// The search stops at the limits of [Options], and then says so in
// [Result.Stopped]: such a search proves nothing about what it did not reach.
package explore
