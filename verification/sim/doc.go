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
// run first. A seed repeats its run, to the nanosecond, unless several goroutines of
// a process are woken at one instant (its context ends, or it was held up) and it
// matters which of them runs first: where several channels are ready Go picks one by
// chance, and a map has no order. Then two runs may be some microseconds apart from
// there on, and meet other faults; what a run judges does not depend on it. On the
// register 60 seeds of 60 repeated, run three times for three minutes each, on Redis
// 12 of 12, and with the race detector, which shuffles what could run next, 12 of 12
// and 20 of 22; on Redis with schedules 23 of 24 without it. So start a failing seed a second time if it passes.
//
// # Two servers
//
// With [OnRegister] the server is a map in this process, reached through a
// [register.Store]: fast, and able to execute requests twice or out of order. With
// [OnRedis] it is miniredis with the real scripts, reached through the real
// client and a faulty network. There some leaders keep a schedule, too, and package
// account judges its ledger.
//
// # How to run it
//
//	go -C verification test ./sim                  # some seeds
//	go run -C verification ./simrun -store register -seeds 10000
//	go run -C verification ./simrun -store redis -seeds 1 -from 4711
//
// A long run is best cut in pieces. Each saves what it has found now and then, and
// goes on after the last seed that it saved when it is started again:
//
//	go -C verification build -o "$PWD" ./simrun
//	./simrun -store register -lease 15s -hours 10 -from 1 -seeds 5000 -result 1.json
//	./simrun -sum 1.json 2.json > all.json
package sim
