package pubsub

import "example.com/incumbent/internal/register"

// A Simulation is a client that stands for a server of its own: that of a simulation. It has no
// connections, so a session takes its store and its source from it.
type Simulation interface {
	// Open returns the store and the source of one session. Calling cut ends its requests,
	// also those that come later.
	Open() (store register.Store, source Source, cut func())
}
