package lock

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"example.com/incumbent/election"
)

// A reporter hands the events of a space to its logger and its observer from one goroutine,
// which runs only while there is something to deliver: a slow observer delays no beat.
type reporter struct {
	space *Space

	mu        sync.Mutex
	delivery  *sync.Cond // something was delivered
	queue     []Event
	delivered uint64
	queued    uint64
	running   bool
}

func newReporter(s *Space) *reporter {
	r := &reporter{space: s}
	r.delivery = sync.NewCond(&r.mu)
	return r
}

// report queues an event; it never blocks. Of beats only the latest waits.
func (r *reporter) report(ev Event) {
	if ev.Kind == election.KindBeat && r.space.cfg.Observer == nil {
		return
	}
	ev.Name, ev.ID = r.space.cfg.Name, r.space.cfg.ID
	ev.Time = time.Unix(0, int64(r.space.clock.Now().Wall))
	r.mu.Lock()
	defer r.mu.Unlock()
	if last := len(r.queue) - 1; last > 0 && ev.Kind == election.KindBeat && r.queue[last].Kind == election.KindBeat {
		ev.Dropped = r.queue[last].Dropped + 1
		r.queue[last] = ev
		return
	}
	r.queue = append(r.queue, ev)
	r.queued++
	if !r.running {
		r.running = true
		go r.run()
	}
}

// run delivers what is queued. The first in the queue is the one that is being delivered.
func (r *reporter) run() {
	for ev, some := r.head(false); some; ev, some = r.head(true) {
		r.log(ev)
		if r.space.cfg.Observer != nil {
			r.space.cfg.Observer(ev)
		}
	}
}

// head is what to deliver next, after the first was delivered or not.
func (r *reporter) head(delivered bool) (Event, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if delivered {
		r.queue = r.queue[1:]
		r.delivered++
		r.delivery.Broadcast()
	}
	if len(r.queue) == 0 {
		r.queue, r.running = nil, false
		return Event{}, false
	}
	return r.queue[0], true
}

// flush waits until everything that was reported has been delivered.
func (r *reporter) flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for until := r.queued; r.delivered < until; {
		r.delivery.Wait()
	}
}

func (r *reporter) log(ev Event) {
	level := levelOf(ev)
	ctx := context.Background()
	if !r.space.log.Enabled(ctx, level) {
		return
	}
	var a []slog.Attr
	if ev.Item != "" {
		a = append(a, slog.String("lock", ev.Item), slog.Int64("term", int64(ev.Term)))
	}
	if ev.Reason != "" {
		a = append(a, slog.String("reason", string(ev.Reason)))
	}
	for _, d := range []struct {
		name string
		is   time.Duration
	}{{"wait", ev.Wait}, {"overdue", ev.Overdue}, {"lasted", ev.Lasted}, {"latency", ev.Latency}} {
		if d.is != 0 {
			a = append(a, slog.String(d.name, d.is.String()))
		}
	}
	if ev.Kind == election.KindQuarantined {
		a = append(a, slog.String("why", "the space is new, or Redis lost its data; nobody gets a lock until it is sure that no holder was forgotten"))
	}
	if ev.Err != nil {
		a = append(a, slog.Any("error", ev.Err))
	}
	//nolint:sloglint // there are only as many messages as kinds
	r.space.log.LogAttrs(ctx, level, "lock: "+string(ev.Kind), a...)
}

func levelOf(ev Event) slog.Level {
	switch ev.Kind {
	case election.KindBeat:
		return slog.LevelDebug
	case election.KindBeatFailed, election.KindReleaseFailed, election.KindRevoked:
		return slog.LevelWarn
	case election.KindRecordLost, election.KindForeignRecord, election.KindOverrun:
		return slog.LevelError
	}
	return slog.LevelInfo
}
