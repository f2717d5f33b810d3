// Package pubsub receives what is published for elections. All of it are notifications: they may
// be lost, late, doubled or forged.
package pubsub

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
)

// A Message is what was published on a channel. It proves nothing: it may be lost,
// late, doubled or out of order, and looking is the truth.
type Message struct {
	Text       string
	Received   heartbeat.Instant
	Subscribed bool // no text: the channel was (re)subscribed
}

// Source is where notifications come from: see [Subscription].
type Source interface {
	// Listen calls l.Hear for what is published on the channel, until the returned function
	// is called.
	Listen(channel string, l *Listener) (stop func())
	// Stop ends everything and waits for that. Calling cut ends a connection that is being
	// made.
	Stop(cut func())
}

// Subscription keeps one subscription for all elections of a session. Two goroutines:
// one holds the connection and receives, the other brings the subscription in
// line with what is wanted, since that writes to the network and must hold up
// nobody.
//
// The client's PubSub keeps a mutex while it dials. Whoever makes it dial or
// write holds the turn, a semaphore, so that nobody waits on that mutex.
type Subscription struct {
	rdb     register.Client
	clock   seam.Clock
	log     *slog.Logger
	ctx     context.Context // ends with stop
	cancel  context.CancelFunc
	first   chan struct{} // closed when a channel is wanted for the first time
	once    sync.Once
	wakeUp  chan struct{} // 1-slot: the wanted channels changed
	running sync.WaitGroup
	denied  bool // and reported; owned by run

	turn       chan struct{} // 1-slot semaphore around the two fields below
	pubsub     *redis.PubSub // nil while there is no connection
	subscribed map[string]bool

	mu      sync.Mutex
	wanted  map[string]map[*Listener]struct{} // by channel
	changed map[string]struct{}               // channels that are wanted or not since the last adjustment
}

// A Listener is called for each notification on its channel, one at a time, and must not
// block.
type Listener struct{ Hear func(Message) }

const (
	silence     = 15 * time.Second       // after which the connection is tried with a PING
	retryPause  = 250 * time.Millisecond // between connections, half of it random, doubling
	retryMost   = 5 * time.Second
	retryDenied = time.Minute // the same when the server refuses: that needs a person
	batchSize   = 500         // channels a SUBSCRIBE
)

// Patience is how long connecting may take, and writing.
const Patience = 3 * time.Second

// Subscribe returns a subscription without channels. It connects when one is listened to.
func Subscribe(rdb register.Client, clock seam.Clock, log *slog.Logger) *Subscription {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Subscription{
		rdb:     rdb,
		clock:   clock,
		log:     log,
		ctx:     ctx,
		cancel:  cancel,
		first:   make(chan struct{}),
		wakeUp:  make(chan struct{}, 1),
		turn:    make(chan struct{}, 1),
		wanted:  map[string]map[*Listener]struct{}{},
		changed: map[string]struct{}{},
	}
	s.running.Go(s.run)
	s.running.Go(s.syncChannels)
	return s
}

// Stop closes the connection and waits for both goroutines. Calling cut ends a
// connection that is being made.
func (s *Subscription) Stop(cut func()) {
	s.cancel()
	cut()
	s.hangUp()
	s.running.Wait()
}

// Listen calls l.hear for what is published on the channel, until the returned
// function is called.
func (s *Subscription) Listen(channel string, l *Listener) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wanted[channel] == nil {
		s.wanted[channel] = map[*Listener]struct{}{}
		s.changed[channel] = struct{}{}
		s.change()
	}
	s.wanted[channel][l] = struct{}{}
	s.once.Do(func() { close(s.first) })
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.wanted[channel], l)
		if len(s.wanted[channel]) == 0 {
			delete(s.wanted, channel)
			s.changed[channel] = struct{}{}
			s.change()
		}
	}
}

// run keeps a connection, one after the other.
func (s *Subscription) run() {
	select {
	case <-s.first:
	case <-s.ctx.Done():
		return
	}
	pause := retryPause
	for s.ctx.Err() == nil {
		began := s.clock.Now()
		err := register.Classify(s.receiveLoop())
		pause = nextPause(pause, s.clock.Now().Since(began), err)
		s.warn(err)
		s.backOff(pause)
	}
}

// nextPause is how long to pause after a connection that lasted and ended like
// that.
func nextPause(last, lasted time.Duration, err error) time.Duration {
	switch {
	case register.Persistent(err):
		return retryDenied
	case lasted > silence:
		return retryPause
	}
	return min(2*last, retryMost)
}

// warn says once that the server refuses.
func (s *Subscription) warn(err error) {
	s.log.Debug("election: no notifications for now, looking instead", "error", err)
	if register.Persistent(err) && !s.denied {
		s.denied = true
		s.log.Warn("election: no notifications: a handover waits for the next look", "error", err)
	}
}

// backOff waits for a random time between d/2 and d, or until all is over.
func (s *Subscription) backOff(d time.Duration) {
	d = d/2 + time.Duration(s.clock.Float64()*float64(d/2))
	select {
	case <-s.ctx.Done():
	case <-time.After(s.clock.Timer(d)):
	}
}

// receiveLoop receives on one connection until that fails, or two silences in a row
// say that it is dead.
func (s *Subscription) receiveLoop() error {
	over := receiving{s.noDial()}
	defer s.hangUp()
	ps, err := s.connect()
	if err != nil {
		return err
	}
	for silences := 0; silences < 2; {
		msg, err := ps.ReceiveTimeout(over, s.clock.Timer(silence))
		switch {
		case err == nil:
			silences = 0
			s.dispatch(msg)
		case register.IsTimeout(err):
			silences++
			s.ping(ps)
		default:
			return err
		}
	}
	return errors.New("silent connection")
}

func (s *Subscription) connect() (*redis.PubSub, error) {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	s.pubsub, s.subscribed = s.rdb.Subscribe(s.ctx), map[string]bool{}
	s.renew()
	ctx, cancel := context.WithTimeout(s.ctx, s.clock.Timer(Patience))
	defer cancel()
	return s.pubsub, s.adjust(ctx)
}

// hangUp closes the connection, which ends a receive on it.
func (s *Subscription) hangUp() {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	if s.pubsub != nil {
		_ = s.pubsub.Close() // reports only that it was closed before
		s.pubsub = nil
	}
}

// ping writes something: a dead connection fails then, or at the next silence.
func (s *Subscription) ping(ps *redis.PubSub) {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	_ = ps.Ping(s.noDial()) // the receiving side meets the same failure
}

// dispatch hands a message to the channel's listeners.
func (s *Subscription) dispatch(msg any) {
	switch m := msg.(type) {
	case *redis.Message:
		s.deliver(m.Channel, Message{Text: m.Payload, Received: s.clock.Now()})
	case *redis.Subscription:
		if m.Kind == "subscribe" {
			s.deliver(m.Channel, Message{Subscribed: true})
		}
	}
}

func (s *Subscription) deliver(channel string, m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.wanted[channel] {
		l.Hear(m)
	}
}
