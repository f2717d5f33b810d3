package pubsub

import "example.com/incumbent/internal/seam"

// Simulated is a seam.Register as a session's source of hints.
type Simulated struct {
	register seam.Register
	clock    seam.Clock
}

var _ Source = Simulated{}

// NewSimulated returns the source of hints of a simulation.
func NewSimulated(r seam.Register, clock seam.Clock) Simulated {
	return Simulated{r, clock}
}

// Listen calls l.hear for what is pushed on the channel, until the returned function is called.
func (s Simulated) Listen(channel string, l *Listener) (stop func()) {
	return s.register.Listen(channel, func(text string) {
		l.Hear(Message{Text: text, Received: s.clock.Now(), Subscribed: text == ""})
	})
}

// Stop calls cut.
func (Simulated) Stop(cut func()) { cut() }
