package pubsub

import (
	"context"
	"time"
)

// What is here rests on an assumption about the client's PubSub: reading and writing look
// at a context's deadline only, and dialing looks at its end, too. A test checks it.

// noDial returns a context with a deadline that is over before it. Reads and
// writes of a PubSub look at the deadline only, but when its connection breaks in
// one of them it dials anew, with its mutex held and for as long as the context
// lets it: this one does not, and leaves the dialing to us.
func (s *Subscription) noDial() context.Context {
	ctx, cancel := context.WithTimeout(s.ctx, s.clock.Timer(Patience))
	cancel()
	return ctx
}

// receiving is such a context for receiving, which its deadline must not end.
type receiving struct{ context.Context }

// Deadline returns an instant that is ahead of every receive: should a dialer not
// look at contexts, what it connects to must answer until then.
func (receiving) Deadline() (time.Time, bool) { return time.Now().Add(2 * silence), true }
