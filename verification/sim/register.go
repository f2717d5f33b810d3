package sim

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/pubsub"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
	"example.com/incumbent/verification/sim/check"
)

// mapServer is a server that is a map in this process.
type mapServer struct {
	w *World

	mu            sync.Mutex
	now           register.Contents
	history       past
	refusal       error
	skew          time.Duration // of its clock
	subscriptions []*subscription
}

// subscription is one process' ear.
type subscription struct {
	channel string
	route   *wire
	hear    func(string)
	over    bool
}

func newMapServer(w *World) *mapServer { return &mapServer{w: w} }

func (r *mapServer) join(p *process) endpoint {
	commands, hints := newWire(r.w, p), newWire(r.w, p)
	port := &port{server: r, p: p, commands: commands, hints: hints}
	return endpoint{client: registered{p.clock, port}, commands: commands, hints: hints, close: func() int { return 0 }}
}

// registered is the client of a process that brings its clock and its server.
// Nothing else of it is ever used.
type registered struct {
	clock *clock
	port  *port
}

var (
	_ election.Redis    = registered{}
	_ pubsub.Simulation = registered{}
)

// Clock returns the process' clock.
func (r registered) Clock() seam.Clock { return r.clock }

// Open returns the server, behind the process' network.
func (r registered) Open() (register.Store, pubsub.Source, func()) {
	s := openSession(r.port, r.clock)
	return s, s, s.cut
}

// Pipelined is never called.
func (registered) Pipelined(context.Context, func(redis.Pipeliner) error) ([]redis.Cmder, error) {
	panic("sim: a register has no pipeline")
}

// Subscribe is never called.
func (registered) Subscribe(context.Context, ...string) *redis.PubSub {
	panic("sim: a register has no subscription")
}

// look tells what the key holds, and publishes the notes.
func (r *mapServer) look(notes []register.Note) answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range notes {
		if r.refusal == nil {
			r.noteLocked(n)
		}
	}
	return answer{now: r.now, time: time.Now().Add(r.skew), err: r.refusal}
}

// cas executes a compare-and-set and sends the hints.
func (r *mapServer) cas(expect register.Contents, next, channel string, heirs []string) answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refusal != nil {
		return answer{err: r.refusal}
	}
	if r.now == expect {
		if !expect.Present {
			now := time.Now().Add(r.skew).UnixMicro()
			next += fmt.Sprintf(" %d.%d", now/1e6, now%1e6) // as the script does
		}
		r.setLocked(register.Contents{Present: true, Bytes: next})
		r.w.history.Add(0, check.Wrote{Now: r.w.history.State(true, next)})
		if r.inheritLocked(next, heirs) == 0 {
			r.tellLocked(channel, next)
		}
	}
	return answer{now: r.now}
}

func (r *mapServer) setLocked(c register.Contents) {
	r.now = c
	r.history.add(c)
}

// inheritLocked tells the heirs, each with its rank among those who listen.
func (r *mapServer) inheritLocked(bytes string, heirs []string) (told int) {
	for _, channel := range heirs {
		for _, s := range r.subscriptions {
			if s.channel == channel {
				s.route.p.log(check.Offered{Rank: told + 1, Now: r.w.history.State(true, bytes)})
			}
		}
		if r.tellLocked(channel, fmt.Sprint(told+1, " ", bytes)) > 0 {
			told++
		}
	}
	return told
}

func (r *mapServer) tellLocked(channel, text string) (told int) {
	for _, s := range r.subscriptions {
		if s.channel == channel {
			s.route.push(s, text)
			told++
		}
	}
	return told
}

func (r *mapServer) subscribe(s *subscription) (stop func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.subscriptions = append(r.subscriptions, s)
	s.route.push(s, "")
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		s.over = true
		for i, o := range r.subscriptions {
			if o == s {
				r.subscriptions = append(r.subscriptions[:i:i], r.subscriptions[i+1:]...)
				return
			}
		}
	}
}

func (r *mapServer) contents() (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now.Bytes, r.now.Present
}

func (r *mapServer) put(bytes, how string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.setLocked(register.Contents{Present: true, Bytes: bytes})
	r.w.history.Add(0, check.Put{How: how, Now: r.w.history.State(true, bytes)})
}

func (r *mapServer) drop(how string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.setLocked(register.Contents{})
	r.w.history.Add(0, check.Forgot{How: how})
}

func (r *mapServer) refuse(answer string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refusal = nil
	if answer != "" {
		r.refusal = errors.New(answer)
	}
}

func (r *mapServer) past(ago time.Duration) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.history.at(time.Now().Add(-ago))
	return c.Bytes, c.Present
}

func (r *mapServer) publish(bytes string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tellLocked(channel, bytes)
}

// noteLocked publishes what is no record, unless the code is wrong.
func (r *mapServer) noteLocked(n register.Note) {
	if now := r.w.history.State(true, n.Text); now.Readable() {
		r.w.history.Add(0, check.Pushed{Now: now})
	}
	r.tellLocked(n.Channel, n.Text)
}

func (r *mapServer) forgetScripts() {}
func (r *mapServer) close()         {}

// setSkew sets the server's clock.
func (r *mapServer) setSkew(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.skew = d
}

// past is what a key has held.
type past []struct {
	register.Contents
	since time.Time
}

func (p *past) add(c register.Contents) {
	if len(*p) > 2000 {
		*p = append(past(nil), (*p)[1000:]...)
	}
	*p = append(*p, struct {
		register.Contents
		since time.Time
	}{c, time.Now()})
}

// at is what it held then.
func (p past) at(t time.Time) register.Contents {
	var c register.Contents
	for _, e := range p {
		if e.since.After(t) {
			break
		}
		c = e.Contents
	}
	return c
}
