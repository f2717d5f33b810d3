package election

import "example.com/incumbent/internal/seam"

// simulatedHints is a seam.Register as a session's source of hints.
type simulatedHints struct {
	register seam.Register
	clock    seam.Clock
}

var _ hinter = simulatedHints{}

func newSimulatedHints(r seam.Register, clock seam.Clock) simulatedHints {
	return simulatedHints{r, clock}
}

func (s simulatedHints) listen(channel string, l *listener) (stop func()) {
	return s.register.Listen(channel, func(text string) {
		l.hear(message{text: text, received: s.clock.Now(), subscribed: text == ""})
	})
}

func (simulatedHints) stop(cut func()) { cut() }
