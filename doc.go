// Package incumbent is the root of a module for work that must run in one place at a
// time: leader election and singleton workers on Redis. It declares nothing. Import the
// package for your task:
//
//   - [example.com/incumbent/singleton] runs a worker on one of all processes, and
//     [example.com/incumbent/singleton/singletonfx] does so in an fx application.
//   - [example.com/incumbent/election] campaigns for one term, and observes and steers
//     elections.
//   - [example.com/incumbent/lock] locks names that come and go. It needs none of the others.
//   - [example.com/incumbent/fresh] keeps a value fresh: one process renews it, and all read it.
//   - [example.com/incumbent/fence] writes to Redis under a check of the term,
//     [example.com/incumbent/fence/sqlfence] to SQL, and
//     [example.com/incumbent/fence/httpfence] asks HTTP services under one.
//   - [example.com/incumbent/election/electiontest] tests all of it without waiting.
//   - [example.com/incumbent/heartbeat] computes with leases.
//
// docs/README.md lists the documents by task, docs/glossary.md explains the words.
package incumbent
