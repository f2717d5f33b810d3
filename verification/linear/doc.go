// Package linear makes clients use a register at the same time, through a network
// that fails, and checks whether what they were told can be explained by a single
// register that executes one request after the other: whether the history is
// linearizable. Only tests import it:
//
//	go -C verification test -v -run Linearizable ./linear ./sim -args -histories 1000
package linear
