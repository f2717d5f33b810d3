package election

import (
	"sync"
	"time"
)

// A reporter hands the events of a Conn to loggers and observers from one goroutine,
// so that neither a slow handler nor a blocked pipe can delay a beat. That goroutine
// runs only while there is something to deliver.
//
// Only beats are dropped: of each elector the latest waits. What else happens to a
// candidate is rare, and somebody may wait for it.
type reporter struct {
	mu        sync.Mutex
	delivery  *sync.Cond // something was delivered
	queue     []report
	delivered uint64 // how many ever
	running   bool
}

type report struct {
	candidacy *candidacy
	event     Event
	logged    bool // only: a reminder, and no event
}

// reported is what a reporter knows of an elector. Positions count from 1, over all
// events of the Conn.
type reported struct {
	last uint64 // position of its last event
	beat uint64 // position of its last event if that is a beat, else 0
}

func newReporter() *reporter {
	r := &reporter{}
	r.delivery = sync.NewCond(&r.mu)
	return r
}

// report queues an event; it never blocks.
func (r *reporter) report(c *candidacy, ev Event) {
	if ev.Kind != KindBeat || !c.hushed.Load() {
		r.put(report{candidacy: c, event: ev})
	}
}

// remind queues an event again, for the log alone.
func (r *reporter) remind(c *candidacy, ev Event) {
	r.put(report{candidacy: c, event: ev, logged: true})
}

func (r *reporter) put(p report) {
	c, ev := p.candidacy, &p.event
	ev.Name, ev.ID = c.cfg.Name, c.cfg.ID
	ev.Time = time.Unix(0, int64(c.clock.Now().Wall))
	r.mu.Lock()
	defer r.mu.Unlock()
	if waiting := r.waitingBeat(c); waiting != nil && ev.Kind == KindBeat {
		ev.Dropped = waiting.Dropped + 1
		*waiting = *ev
		return
	}
	r.queue = append(r.queue, p)
	c.reported = reported{last: r.delivered + uint64(len(r.queue))}
	if ev.Kind == KindBeat {
		c.reported.beat = c.reported.last
	}
	if !r.running {
		r.running = true
		go r.run()
	}
}

// waitingBeat is the last event of an elector if that is a beat that nobody has been
// given yet.
func (r *reporter) waitingBeat(c *candidacy) *Event {
	if c.reported.beat <= r.delivered+1 { // none, delivered, or being delivered now
		return nil
	}
	return &r.queue[c.reported.beat-r.delivered-1].event
}

// run delivers what is queued. The first in the queue is the one that is being
// delivered.
func (r *reporter) run() {
	for next, some := r.first(); some; next, some = r.following() {
		if next.logged {
			next.candidacy.write(next.event)
		} else {
			next.candidacy.deliver(next.event)
		}
	}
}

func (r *reporter) first() (report, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.head()
}

// following notes that the first was delivered.
func (r *reporter) following() (report, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue[0] = report{} // what is left of the array lives on
	r.queue = r.queue[1:]
	r.delivered++
	r.delivery.Broadcast()
	return r.head()
}

func (r *reporter) head() (report, bool) {
	if len(r.queue) == 0 {
		r.queue, r.running = nil, false
		return report{}, false
	}
	return r.queue[0], true
}

// flush waits until everything of an elector that was reported has been delivered.
func (r *reporter) flush(c *candidacy) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.delivered < c.reported.last {
		r.delivery.Wait()
	}
}
