// Package trace has the model of elections follow what a run of the simulation did.
//
// A run writes a history; see package check. Entry by entry [Follow] maps it to steps of
// package model: what is sent, answered, heard, written and lost, and when work begins, acts
// and ends. A step must be one that the model's own code makes. What no history shows, such
// as an answer that a process has not taken in yet, the model may do at any time in between.
// So a history is refused only if no path of the model explains it. What is refused is
// either a mistake of the code, or behaviour that the model lacks, so that its searches
// prove nothing about it.
//
// The method is that of H. Cirstea, M. A. Kuppe, B. Loillier and S. Merz, "Validating Traces
// of Distributed Programs Against TLA+ Specifications" (arXiv 2404.16075, 2024); etcd/raft
// validates traces against a specification, too. They search the state space of a specification for paths that a trace
// allows. Here processes share nothing but the register, which the history shows. So each
// process is followed by itself, which keeps the paths few.
//
// # Time
//
// The model counts ticks of clocks that are as wrong as they may be. Here its counters are
// what the clocks of the process said at the entries of the history, and its durations are
// those of the process' lease: see [model.Timing].
package trace
