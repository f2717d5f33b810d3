// Package pubsub receives what is published for elections. All of it are hints: they may
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

// A Message is what was published on a channel. It is a hint: it may be lost,
// late, doubled or out of order, and looking is the truth.
type Message struct {
	Text       string
	Received   heartbeat.Instant
	Subscribed bool // no text: the channel was (re)subscribed
}

// Source is where pushes come from: see [Subscription].
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
	changed chan struct{} // 1-slot: the wanted channels changed
	running sync.WaitGroup
	denied  bool // told; owned by run

	turn       chan struct{} // 1-slot semaphore around the two fields below
	pubsub     *redis.PubSub // nil while there is no connection
	subscribed map[string]bool

	mu     sync.Mutex
	wanted map[string]map[*Listener]struct{} // by channel
	news   map[string]struct{}               // channels that are wanted or not since the last adjustment
}

// A Listener is called for each push on its channel, one at a time, and must not
// block.
type Listener struct{ Hear func(Message) }

const (
	hintSilence   = 15 * time.Second       // after which the connection is tried with a PING
	hintRetry     = 250 * time.Millisecond // between connections, half of it random, doubling
	hintRetryMost = 5 * time.Second
	hintDenied    = time.Minute // the same when the server refuses: that needs a person
	hintBatch     = 500         // channels a SUBSCRIBE
)

// Patience is how long connecting may take, and writing.
const Patience = 3 * time.Second

// Subscribe returns a subscription without channels. It connects when one is listened to.
func Subscribe(rdb register.Client, clock seam.Clock, log *slog.Logger) *Subscription {
	ctx, cancel := context.WithCancel(context.Background())
	h := &Subscription{
		rdb:     rdb,
		clock:   clock,
		log:     log,
		ctx:     ctx,
		cancel:  cancel,
		first:   make(chan struct{}),
		changed: make(chan struct{}, 1),
		turn:    make(chan struct{}, 1),
		wanted:  map[string]map[*Listener]struct{}{},
		news:    map[string]struct{}{},
	}
	h.running.Go(h.run)
	h.running.Go(h.align)
	return h
}

// Stop closes the connection and waits for both goroutines. Calling cut ends a
// connection that is being made.
func (h *Subscription) Stop(cut func()) {
	h.cancel()
	cut()
	h.hangUp()
	h.running.Wait()
}

// Listen calls l.hear for what is published on the channel, until the returned
// function is called.
func (h *Subscription) Listen(channel string, l *Listener) (stop func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.wanted[channel] == nil {
		h.wanted[channel] = map[*Listener]struct{}{}
		h.news[channel] = struct{}{}
		h.change()
	}
	h.wanted[channel][l] = struct{}{}
	h.once.Do(func() { close(h.first) })
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.wanted[channel], l)
		if len(h.wanted[channel]) == 0 {
			delete(h.wanted, channel)
			h.news[channel] = struct{}{}
			h.change()
		}
	}
}

// run keeps a connection, one after the other.
func (h *Subscription) run() {
	select {
	case <-h.first:
	case <-h.ctx.Done():
		return
	}
	pause := hintRetry
	for h.ctx.Err() == nil {
		began := h.clock.Now()
		err := register.Classify(h.converse())
		pause = nextPause(pause, h.clock.Now().Mono-began.Mono, err)
		h.tell(err)
		h.rest(pause)
	}
}

// nextPause is how long to pause after a connection that lasted and ended like
// that.
func nextPause(last, lasted time.Duration, err error) time.Duration {
	switch {
	case register.Persistent(err):
		return hintDenied
	case lasted > hintSilence:
		return hintRetry
	}
	return min(2*last, hintRetryMost)
}

// tell says once that the server refuses.
func (h *Subscription) tell(err error) {
	h.log.Debug("election: no notifications for now, looking instead", "error", err)
	if register.Persistent(err) && !h.denied {
		h.denied = true
		h.log.Warn("election: no notifications: a handover waits for the next look", "error", err)
	}
}

// rest waits for a random time between d/2 and d, or until all is over.
func (h *Subscription) rest(d time.Duration) {
	d = d/2 + time.Duration(h.clock.Float64()*float64(d/2))
	select {
	case <-h.ctx.Done():
	case <-time.After(h.clock.Timer(d)):
	}
}

// converse receives on one connection until that fails, or two silences in a row
// say that it is dead.
func (h *Subscription) converse() error {
	over := receiving{h.noDial()}
	defer h.hangUp()
	ps, err := h.connect()
	if err != nil {
		return err
	}
	for silences := 0; silences < 2; {
		msg, err := ps.ReceiveTimeout(over, h.clock.Timer(hintSilence))
		switch {
		case err == nil:
			silences = 0
			h.dispatch(msg)
		case register.IsTimeout(err):
			silences++
			h.ping(ps)
		default:
			return err
		}
	}
	return errors.New("silent connection")
}

func (h *Subscription) connect() (*redis.PubSub, error) {
	h.turn <- struct{}{}
	defer func() { <-h.turn }()
	if err := h.ctx.Err(); err != nil {
		return nil, err
	}
	h.pubsub, h.subscribed = h.rdb.Subscribe(h.ctx), map[string]bool{}
	h.renew()
	ctx, cancel := context.WithTimeout(h.ctx, h.clock.Timer(Patience))
	defer cancel()
	return h.pubsub, h.adjust(ctx)
}

// hangUp closes the connection, which ends a receive on it.
func (h *Subscription) hangUp() {
	h.turn <- struct{}{}
	defer func() { <-h.turn }()
	if h.pubsub != nil {
		_ = h.pubsub.Close() // reports only that it was closed before
		h.pubsub = nil
	}
}

// ping writes something: a dead connection fails then, or at the next silence.
func (h *Subscription) ping(ps *redis.PubSub) {
	h.turn <- struct{}{}
	defer func() { <-h.turn }()
	_ = ps.Ping(h.noDial()) // the receiving side meets the same failure
}

// dispatch hands a message to the channel's listeners.
func (h *Subscription) dispatch(msg any) {
	switch m := msg.(type) {
	case *redis.Message:
		h.deliver(m.Channel, Message{Text: m.Payload, Received: h.clock.Now()})
	case *redis.Subscription:
		if m.Kind == "subscribe" {
			h.deliver(m.Channel, Message{Subscribed: true})
		}
	}
}

func (h *Subscription) deliver(channel string, m Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.wanted[channel] {
		l.Hear(m)
	}
}
