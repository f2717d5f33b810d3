package sim

import (
	"context"

	"example.com/incumbent/internal/pubsub"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
)

// session is the server as the store and the source of one session of a process.
type session struct {
	port  *port
	clock seam.Clock
	ctx   context.Context    //nolint:containedctx // ends with the session, as a client's connections do
	cut   context.CancelFunc // of what is under way and of what is asked later
}

var (
	_ register.Store = (*session)(nil)
	_ pubsub.Source  = (*session)(nil)
)

// openSession returns a session until it is cut.
func openSession(p *port, clock seam.Clock) *session {
	ctx, cut := context.WithCancel(context.Background())
	return &session{p, clock, ctx, cut}
}

// Do executes requests, each for itself.
func (s *session) Do(ctx context.Context, requests ...register.Request) []register.Reply {
	replies := make([]register.Reply, len(requests))
	for i, q := range requests {
		replies[i].Observation, replies[i].Err = s.execute(ctx, q)
	}
	return replies
}

// Peek is a look.
func (s *session) Peek(ctx context.Context, key string) (register.Observation, error) {
	return s.execute(ctx, register.Request{Place: register.Place{Key: key}})
}

func (s *session) execute(ctx context.Context, q register.Request) (register.Observation, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	sent := s.clock.Now()
	a := s.request(ctx, q)
	seen := register.NewObservation(a.now.Present, a.now.Bytes)
	seen.Server, seen.Sent, seen.Received = a.time, sent, s.clock.Now()
	if a.err != nil {
		return seen, register.Classify(a.err)
	}
	return seen, nil
}

// request sends a request through the process' network.
func (s *session) request(ctx context.Context, q register.Request) (a answer) {
	switch {
	case q.Swap != nil:
		a.now, a.err = s.port.cas(ctx, q.Swap.Expect, q.Swap.Next, q.Place.Records(), q.Swap.NotifyFirst...)
	case q.Note.Channel != "":
		a.now, a.time, a.err = s.port.look(ctx, q.Place.Key, q.Note)
	default:
		a.now, a.time, a.err = s.port.look(ctx, q.Place.Key)
	}
	return a
}

// Listen calls l.Hear for what is published on the channel, until the returned function is called.
func (s *session) Listen(channel string, l *pubsub.Listener) (stop func()) {
	return s.port.listen(channel, func(text string) {
		s.port.hears(text)
		l.Hear(pubsub.Message{Text: text, Received: s.clock.Now(), Subscribed: text == ""})
	})
}

// Stop calls cut.
func (*session) Stop(cut func()) { cut() }
