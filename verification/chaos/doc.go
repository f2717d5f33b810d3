// Package chaos runs candidates as processes of their own against a real
// redis-server, and does to all of them what a data centre does: signals, broken
// and slow networks, a server that forgets, refuses, restarts and goes back in
// time. Everything that happens is written down with the machine's monotonic clock
// and judged by the checker of the simulation, package check.
//
// # Who takes part
//
// A run is one process that plans, strikes and judges, and its children: the
// redis-server, the candidates, and a fenced resource. Each candidate reaches Redis
// through a proxy of its own, and the resource directly. A child that loses its
// parent ends.
//
// # What is known, and how
//
// Every candidate notes in a journal what it sends, is answered, believes and does;
// the notes about its requests are made where its connections are read and written.
// The resource notes each decision. What the key holds, and in which order it
// changed, comes from MONITOR on a connection past all proxies: the server stamps
// each line by its wall clock, which is the same machine's. No candidate is let
// through to a server that has just started before that connection stands and the
// key was read. A deleted key is seen there, too; an evicted one is not, so it is
// taken to be gone as soon as the server or a candidate has acted on that.
//
// Each process notes for how long it did not get to run, as told by a timer that is
// late. So a process that a signal or a busy machine held up is a fault with a name,
// and the checker knows how long it lasted.
//
// # What is judged
//
// All rules of package check but those of observers and of repeatable seeds, and but
// for terms that expire too early: a send is noted where it reaches a connection, and
// trust counts from before that. Calm
// times begin when everything is healed. What must happen soon in them is not held
// against a run while the machine itself is late: such a finding is excused, by what
// was measured, and counted.
//
// # How to run it
//
//	go run -C verification ./chaosrun -for 10m -seed 1
//
// A seed repeats the plan, not the outcome. A run that finds a violation keeps its
// journals and prints the story that led to it.
package chaos
