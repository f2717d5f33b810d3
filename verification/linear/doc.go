// Package linear makes clients use a register at the same time, through a network
// that fails, and checks whether what they were told can be explained by a single
// register that executes one request after the other: whether the history is
// linearizable. Only tests import it.
package linear
