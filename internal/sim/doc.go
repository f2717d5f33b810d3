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
// A seed repeats its run exactly on the register: all chance comes from it, and no
// two waits end at the same instant. Runs alternate between storms, in which faults come,
// and calms, in which somebody must lead soon, and must stay.
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
