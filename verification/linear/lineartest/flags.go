// Package lineartest has the flags of the tests that make histories, in whichever package:
//
//	go -C verification test -v -timeout 20m -run Linearizable ./linear ./sim -args -histories 1000
package lineartest

import "flag"

var (
	histories = flag.Int("histories", 0, "how `many` histories a test makes (0: a few)")
	from      = flag.Uint64("from", 0, "the first `seed` of the histories (0: the test's own choice)")
)

// Histories is how many are asked for, or else the given number.
func Histories(otherwise int) int {
	if *histories > 0 {
		return *histories
	}
	return otherwise
}

// From is the first seed that is asked for, or else the given one.
func From(otherwise uint64) uint64 {
	if *from > 0 {
		return *from
	}
	return otherwise
}
