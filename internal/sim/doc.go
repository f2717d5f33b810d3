// Package sim runs electors against everything that may happen to them, and
// against everything at once.
//
// A run is a testing/synctest bubble with a Redis and a few processes, each with
// a network and a clock of its own: a clock may run 5 % too fast or too slow, its
// wall clock is set about, and the process is held up wherever it looks at it.
// Processes campaign, work in steps that write to fenced resources, drain, fail,
// crash and come back. Meanwhile faults come, overlap and go. Everything is
// written down in a history, which package check judges as it grows.
//
// Runs alternate between storms, in which faults come, and calms, in which somebody
// must lead soon, and must stay.
//
// # What a seed repeats
//
// All chance comes from the seed, and each wait ends at an instant of its own, whose
// last digits say who waits and where; so it does not matter what the scheduler lets
// run first. On the register a seed repeats its run exactly, to the nanosecond, also
// with the race detector, which shuffles what could run next. On Redis it does as
// long as nobody has two things to do at once: where a goroutine of the library or
// of the client, held up for a while, finds several channels ready, Go picks one by
// chance, and from there on two runs may be some microseconds apart and meet other
// faults. Of 40 seeds, run three times for ten minutes each, all repeated; with the
// race detector 20 of 22 did. What a run judges does not depend on it.
//
// # Two servers
//
// With [OnRegister] the server is a map in this process, reached through a
// [seam.Register]: fast, and able to execute requests twice or out of order. With
// [OnRedis] it is miniredis with the real scripts, reached through the real
// client and a faulty network.
//
// # How to run it
//
//	go test ./internal/sim
//	INCUMBENT_SIM_SEEDS=10000 INCUMBENT_SIM_STORE=register go test -timeout 0 ./internal/sim
//	INCUMBENT_SIM_FROM=4711 INCUMBENT_SIM_SEEDS=1 INCUMBENT_SIM_STORE=redis go test -v ./internal/sim
//
// INCUMBENT_SIM_SEEDS is how many seeds, INCUMBENT_SIM_FROM the first of them,
// INCUMBENT_SIM_HOURS the simulated hours of each, INCUMBENT_SIM_STORE the server,
// redis or register; both if it isn't given. INCUMBENT_SIM_RESULT names a file
// for the summary as JSON, INCUMBENT_SIM_TRACE one for the whole history.
package sim
