package sim

import (
	"context"
	"strings"
	"time"

	"example.com/incumbent/internal/register"
	"example.com/incumbent/verification/sim/check"
)

// port is the server as one process reaches it.
type port struct {
	server   *mapServer
	p        *process
	commands *wire
	hints    *wire
}

// answer is what the server says.
type answer struct {
	now  register.Contents
	time time.Time
	err  error
}

// look asks for the record, and brings notes. Like all requests it may take its time, fail after
// it was executed, or be executed twice, as the network makes it.
func (o *port) look(ctx context.Context, of string, notes ...register.Note) (register.Contents, time.Time, error) {
	if o.p.mute.Load() {
		notes = nil
	}
	if of != key {
		a := o.commands.request(ctx, "look "+of, fate{}, func() answer { return companyRecord(of) })
		return a.now, a.time, a.err
	}
	a := o.commands.request(ctx, "look", fate{}, func() answer { return o.server.look(notes) })
	if a.err == nil {
		o.p.log(check.Looked{Got: o.state(a.now)})
	}
	return a.now, a.time, a.err
}

// cas sends a compare-and-set. The new bytes are published in the same step: on the heirs'
// channels, or on the other channel if none of them listens.
func (o *port) cas(ctx context.Context, expect register.Contents, next, channel string, heirs ...string) (register.Contents, error) {
	was, now := o.state(expect), o.state(register.Contents{Present: true, Bytes: next})
	sent := check.Sent{Expect: was, Next: now}
	o.p.log(sent)
	f := o.p.w.fate(o.p, operation(was, now))
	f.atOnce.call()
	a := o.commands.request(ctx, sent.String(), f, func() answer {
		f.before.call()
		defer f.after.call()
		return o.server.cas(expect, next, channel, heirs)
	})
	if a.err == nil {
		o.p.log(check.Answered{Sent: sent, Got: o.state(a.now)})
	}
	return a.now, a.err
}

// listen calls hear for what is published on the channel, and with "" whenever the subscription
// begins anew, until stop is called.
func (o *port) listen(channel string, hear func(string)) (stop func()) {
	return o.server.subscribe(&subscription{channel: channel, route: o.hints, hear: hear})
}

// hears notes a record that reaches the process, on the common channel or, behind a rank, on
// its own.
func (o *port) hears(text string) {
	if rank, bytes, found := strings.Cut(text, " "); found && len(rank) == 1 && strings.HasPrefix(bytes, "1 ") {
		text = bytes
	}
	if now := o.p.w.history.State(true, text); now.Readable() {
		o.p.log(check.Heard{Now: now})
	}
}

func (o *port) state(c register.Contents) check.State {
	return o.p.w.history.State(c.Present, c.Bytes)
}
