package seam

import (
	"context"
	"time"
)

// A Register stands in for Redis in simulations that want volume rather than the
// real client and the real scripts: a map of keys with compare-and-set and
// pushes. Its methods may take their time, fail after they were executed, or be
// executed twice, as a network makes them.
type Register interface {
	// Look returns what the key holds, and the server's time. In the same step it
	// sends the notes to who listens on their channels.
	Look(ctx context.Context, key string, notes ...Note) (Contents, time.Time, error)
	// CAS replaces exactly the expected contents, pushes the new bytes in the same
	// step, and returns what the key holds then. What replaces absence gets a last
	// field that makes it unique. The push goes to the heirs' channels, each with
	// its rank among those who listen and a space before the bytes; to the other
	// channel only if none of them does.
	CAS(ctx context.Context, key string, expect Contents, next, channel string, heirs ...string) (Contents, error)
	// Listen calls hear for what is pushed on the channel, and with an empty
	// payload whenever the subscription begins anew, until stop is called.
	Listen(channel string, hear func(payload string)) (stop func())
}

// Note is a text for who listens on a channel.
type Note struct{ Channel, Text string }

// Contents is what a key holds: nothing, or bytes.
type Contents struct {
	Present bool
	Bytes   string
}

// Registered is implemented by a simulation's client that brings a Register in
// place of a connection to Redis.
type Registered interface {
	// Register returns what stands in for Redis.
	Register() Register
}
