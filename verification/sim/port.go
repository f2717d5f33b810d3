package sim

import (
	"context"
	"time"

	"example.com/incumbent/internal/seam"
	"example.com/incumbent/verification/sim/check"
)

// port is the register as one process reaches it.
type port struct {
	register *register
	p        *process
	commands *wire
	hints    *wire
}

var _ seam.Register = (*port)(nil)

// answer is what the server says.
type answer struct {
	now  seam.Contents
	time time.Time
	err  error
}

// Look asks for the record, and brings notes.
func (o *port) Look(ctx context.Context, of string, notes ...seam.Note) (seam.Contents, time.Time, error) {
	if o.p.mute.Load() {
		notes = nil
	}
	if of != key {
		a := o.commands.request(ctx, "look "+of, fate{}, func() answer { return companyRecord(of) })
		return a.now, a.time, a.err
	}
	a := o.commands.request(ctx, "look", fate{}, func() answer { return o.register.look(notes) })
	if a.err == nil {
		o.p.log(check.Looked{Got: o.state(a.now)})
	}
	return a.now, a.time, a.err
}

// CAS sends a compare-and-set.
func (o *port) CAS(ctx context.Context, _ string, expect seam.Contents, next, channel string, heirs ...string) (seam.Contents, error) {
	was, now := o.state(expect), o.state(seam.Contents{Present: true, Bytes: next})
	sent := check.Sent{Expect: was, Next: now}
	o.p.log(sent)
	f := o.p.w.fate(o.p, operation(was, now))
	f.atOnce.call()
	a := o.commands.request(ctx, sent.String(), f, func() answer {
		f.before.call()
		defer f.after.call()
		return o.register.cas(expect, next, channel, heirs)
	})
	if a.err == nil {
		o.p.log(check.Answered{Sent: sent, Got: o.state(a.now)})
	}
	return a.now, a.err
}

// Listen subscribes.
func (o *port) Listen(channel string, hear func(string)) (stop func()) {
	return o.register.subscribe(&subscription{channel: channel, route: o.hints, hear: hear})
}

func (o *port) state(c seam.Contents) check.State {
	return o.p.w.history.State(c.Present, c.Bytes)
}
