package lock

import (
	"context"
	"errors"
	"slices"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/balance"
	"example.com/incumbent/internal/space"
)

// lookPause is how long a member rests after a look, however many ask it: what it decides may
// wait, since work goes on until another takes over.
const lookPause = 50 * time.Millisecond

// belong is one membership: from the seat among the members to its end. It returns nil when the
// seat or ctx has ended.
func (b *spread) belong(ctx context.Context) error {
	c, err := b.space.take(ctx, request{name: b.set.Lock(), limit: space.MaxMembers, seats: true, wait: forever})
	if err != nil {
		return err
	}
	defer b.leave(c)
	for tells := false; ; {
		pause, member := b.look(ctx, c, &tells)
		if !member || !b.rest(&c.work, nil, lookPause) || !b.rest(&c.work, b.kick, pause-lookPause) {
			return nil
		}
	}
}

// leave gives the seat among the members up, before the works have returned: so others are
// already waiting for the names when they do.
func (b *spread) leave(c *call) {
	_ = c.finish(nil) // what it was lost by ends the work, too
	_, _ = c.session.link.beating.View(context.Background(), b.set, c.session.sid, true, nil)
}

// rest waits for a pause or a kick. It reports false if the membership has ended.
func (b *spread) rest(w context.Context, kick <-chan struct{}, pause time.Duration) bool {
	timer := time.NewTimer(max(0, b.space.clock.Timer(pause)))
	defer timer.Stop()
	select {
	case <-kick:
	case <-timer.C:
	case <-w.Done():
	}
	return causeOf(w) == nil
}

// look looks at the set, ends members that have been silent for their lease, and has names taken
// and given up. It returns how long to wait for the next look, and whether this is a member.
func (b *spread) look(ctx context.Context, c *call, tells *bool) (pause time.Duration, member bool) {
	s, t := b.space, c.session
	for {
		v, err := t.link.beating.View(&c.work, b.set, t.sid, *tells, b.locks)
		if err != nil {
			b.unanswered(err)
			return s.timing.Retry(), true
		}
		*tells, b.failing = false, false
		if !s.begins(t) {
			return 0, false // calls for names would not be those of the member that others wait for
		}
		pause, *tells = b.judge(c, v)
		if *tells {
			continue // without whom has ended
		}
		return pause, b.act(ctx, v, t.sid)
	}
}

// unanswered logs that a look had no answer, once until one has.
func (b *spread) unanswered(err error) {
	if !b.failing {
		b.space.log.Warn("lock: no look at a set", "set", string(b.set), "error", b.space.explain(err))
	}
	b.failing = true
}

// judge judges the members, and ends those that have been silent for their lease. It returns when
// to look again.
func (b *spread) judge(c *call, v space.View) (pause time.Duration, ended bool) {
	s := b.space
	pause = s.cfg.Lease / 2
	for _, m := range v.Members {
		if m.Holder.SID == c.session.sid {
			continue
		}
		over, left := s.judgeOne(&c.work, c.session.link.beating, m.Holder.SID, m.Bytes, m.Session, space.Answer{Sent: v.Sent, Received: v.Received})
		ended = ended || over
		if !over {
			pause = min(pause, left)
		}
	}
	return pause, ended
}

// act has names taken and given up by what a view shows. It reports whether this is a member.
func (b *spread) act(ctx context.Context, v space.View, sid string) bool {
	members := make([]string, 0, len(v.Members))
	for _, m := range v.Members {
		members = append(members, m.Holder.SID)
	}
	slices.Sort(members)
	members = slices.Compact(members) // a late copy of a request may have taken a second seat
	me, is := slices.BinarySearch(members, sid)
	if !is {
		return false
	}
	names, holders := make([]string, len(b.all)), make([]int, len(b.all))
	for i, p := range b.all {
		names[i], holders[i] = p.name, balance.Nobody
		if at, is := slices.BinarySearch(members, v.Names[i].SID); is {
			holders[i] = at
		}
	}
	room := balance.Bound(len(names), len(members)) - b.load()
	for i, target := range balance.Assign(names, members, holders) {
		p := b.all[i]
		st := standing{
			mine: target == me, awaited: v.Names[i].Awaited(members[target]),
			room: room > 0, vacant: p.vacant(v.Names[i].SID == "", v.Received), lease: b.space.cfg.Lease,
		}
		if p.follow(ctx, st, v.Received) == take {
			room--
		}
	}
	return true
}

// load is how many names this process asks for or holds.
func (b *spread) load() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, p := range b.all {
		if p.cancel != nil && !p.ending {
			n++
		}
	}
	return n
}

// holds reports whether this process holds a lock, and has not been told to give it up.
func (b *spread) holds(lock string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.byLock[lock]
	return p != nil && p.holding && !p.ending
}

// A standing is what a member knows of a name when it decides.
type standing struct {
	asks, holds bool // this process does: its call may wait, or its work may run
	ending      bool // and was told to give it up
	mine        bool // this member shall have it
	awaited     bool // who shall have it waits for it
	room        bool // this member has less than the bound

	vacant, lease time.Duration // since when nobody is seen to hold it
}

// A move is what a member does about a name.
type move int

const (
	stay     move = iota
	take          // wait for it, and run its work
	withdraw      // do not wait for it any longer
	handOver      // end its work, and release it
)

// decide says what to do about a name. Nobody ends the work before who shall have the name waits
// for it. Members that know other names may expect a name of each other, or of one that does not
// know it: so what is vacant for a lease is taken by whoever has room, and a lease later by all.
func (s standing) decide() move {
	wanted := s.mine || s.vacant >= s.lease && s.room || s.vacant >= 2*s.lease
	switch {
	case s.ending:
		return stay
	case s.holds:
		if !s.mine && s.awaited {
			return handOver
		}
		return stay
	case s.asks && !wanted:
		return withdraw
	case !s.asks && wanted:
		return take
	}
	return stay
}

// errWithdrawn ends the wait for a name that another shall have.
var errWithdrawn = errors.New("lock: withdrawn")

// vacant is how long a name has been seen vacant.
func (p *part) vacant(is bool, now heartbeat.Instant) time.Duration {
	if !is {
		p.vacantFrom = nil
		return 0
	}
	if p.vacantFrom == nil {
		p.vacantFrom = &now
	}
	return now.Since(*p.vacantFrom)
}
