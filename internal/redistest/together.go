package redistest

import (
	"flag"
	"strconv"
)

// Together runs n parallel tests of a package at a time, unless -parallel says otherwise.
// Without it there are as many as processors, which is too few for tests that wait for
// processes and leases and compute little. Call it in TestMain, before the tests run.
func Together(n int) {
	if err := flag.Set("test.parallel", strconv.Itoa(n)); err != nil {
		panic("redistest: Together outside of a test: " + err.Error())
	}
}
