// Package fresh keeps a value fresh for many processes: the leader refreshes it,
// and all read it from their memory. It suits access tokens and cache entries.
//
//	token, err := fresh.New(rdb, fresh.Config{Name: "api-token"}, login)
//	…
//	go singleton.Run(ctx, rdb, "api-token", token.Work) // one process refreshes
//	t, err := token.Get(ctx)                            // everybody reads, mostly without a request
//
// Get returns no value that has expired when Get looks at its clock, which is the last that
// it does. A process that is paused between that look and the use of the value can use an
// expired one. So can one whose clock runs slower than that of Redis, and everybody after the
// clock of Redis was set back. The use of a value takes time, too: name an expiry a little
// before the real one.
//
// Writes are fenced: a former leader cannot replace a newer value by an older one. Redis may
// forget the value: then it is refreshed at once. See docs/fresh.md.
package fresh
