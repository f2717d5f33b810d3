package demo

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/link"
)

// A Candidate is one instance of an example, which in real life is a process of
// its own: what its flags say, its client, and where it reports.
type Candidate struct {
	ID        string                // for election.Config
	Election  string                // the name for election.Config
	Lease     time.Duration         // for election.Config
	Bootstrap election.Bootstrap    // for election.Config
	Logger    *slog.Logger          // for election.Config
	Every     time.Duration         // how often to do the work
	Redis     redis.UniversalClient // closed by the demonstration

	out       *output
	network   *link.Link           // nil with a real Redis
	changes   *changes             // nil if none are forced
	announced chan election.Event  // the latest election, until Elected has read it
	sinceEnd  func() time.Duration // of the context of the latest term; used by its work only

	mu       sync.Mutex
	standby  election.Term // of the leader that was last reported
	history  bool          // the election is known to have existed before
	leads    bool
	drained  bool // the latest term ended because this candidate stops
	released bool // the latest term's leadership is released
}

// Tell prints an event of this candidate; text is what people see of it beside
// event, seq and term. Time, candidate and election are filled in.
func (c *Candidate) Tell(l Line, text string) {
	l.Candidate, l.Election = c.ID, c.Election
	c.out.tell(l, text)
}

// Fail prints an error that the instance goes on after.
func (c *Candidate) Fail(err error) { c.Tell(Line{Event: "error", Error: err.Error()}, err.Error()) }

// Name is what people call the candidate with an ID.
func (c *Candidate) Name(id string) string { return c.out.name(id) }

func (c *Candidate) started() {
	if c.out.json { // people have read the banner
		c.Tell(Line{Event: "started"}, "")
	}
}

func (c *Candidate) stopped() {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := ""
	if c.drained && c.released {
		text = "leadership is released"
	}
	c.Tell(Line{Event: "stopped"}, text)
}

// Elected prints that this candidate leads; use it as OnElected.
func (c *Candidate) Elected(ctx context.Context, term election.Term) error {
	line := Line{Event: "elected", Term: term}
	ev, told := c.announcement(ctx, term)
	if told && ev.Reason == election.ReasonVacancy {
		gap := float64(ev.Gap.Microseconds()) / 1000
		line.GapMS = &gap
	}
	c.mu.Lock()
	text := ""
	switch {
	case told && c.history && ev.Reason == election.ReasonVacancy:
		text = "after " + milliseconds(ev.Gap) + " with nobody"
	case told && c.history && ev.Reason == election.ReasonSilence:
		text = "took over a silent leader"
	}
	c.history, c.leads, c.drained, c.released = true, true, false, false
	c.mu.Unlock()
	c.sinceEnd = sinceEnd(ctx)
	c.Tell(line, text)
	if c.changes != nil {
		c.changes.elected(c)
	}
	return nil
}

// patience is how long Elected waits for the announcement: it is on its way
// already, on another goroutine.
const patience = time.Second

// announcement returns what the observer is told of an election: it alone learns
// for how long nobody led. It is told by another goroutine than the one that
// does the work, and its line must come first.
func (c *Candidate) announcement(ctx context.Context, term election.Term) (election.Event, bool) {
	late := time.After(patience)
	for {
		select {
		case ev := <-c.announced:
			if ev.Term == term {
				return ev, true
			}
		case <-ctx.Done():
			return election.Event{}, false
		case <-late:
			return election.Event{}, false
		}
	}
}

// Revoked prints that this candidate leads no more and that its work has ended;
// use it as OnRevoked.
func (c *Candidate) Revoked(_ context.Context, term election.Term, cause error) {
	line := Line{Event: "revoked", Term: term, Cause: string(election.ReasonOf(cause))}
	why := line.Cause
	switch line.Cause {
	case "caller":
		why = "draining"
	case "expired":
		why = "expired: no beat confirmed for " + heartbeat.ForLease(c.Lease).Trust.String()
	case "step_down":
		why = "step_down: draining"
	default:
		line.Error = cause.Error()
		why += ": " + line.Error
	}
	took := c.sinceEnd()
	c.mu.Lock()
	c.leads, c.drained = false, line.Cause == "caller"
	c.mu.Unlock()
	c.Tell(line, why+"; work stopped "+within(took))
}

// sinceEnd returns a function that says how long ago ctx ended.
func sinceEnd(ctx context.Context) func() time.Duration {
	var end atomic.Pointer[time.Time]
	context.AfterFunc(ctx, func() {
		now := time.Now()
		end.Store(&now)
	})
	return func() time.Duration {
		if at := end.Load(); at != nil {
			return time.Since(*at)
		}
		return 0 // ended just now
	}
}

func (c *Candidate) isLeader() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.leads
}
