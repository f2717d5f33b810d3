package check

import (
	"fmt"
	"time"
)

// An Entry is one line of a history.
type Entry struct {
	At    time.Duration // real time, which no process can read
	Proc  int           // whose event it is; 0 is Redis and the world
	Event Event
}

func (e Entry) String() string {
	who := "   "
	if e.Proc != 0 {
		who = fmt.Sprintf("p%-2d", e.Proc)
	}
	return fmt.Sprintf("%16.9fs %s %v", e.At.Seconds(), who, e.Event)
}

// An Event is one of the types below.
type Event interface {
	fmt.Stringer
	event()
}

// Settings are what a process leads by.
type Settings struct {
	Lease, Grace, CoolDown, Release time.Duration
	Stall                           time.Duration // zero: never
	Immediate, Once                 bool

	Older bool // a version that counts beats one by one, and knows no pause
}

// Events of a process' life.
type (
	// Started is a new process with a clock of its own. A candidate campaigns;
	// others only watch.
	Started struct {
		ID        string
		Rate      float64
		Candidate bool
		Settings
	}
	// Configured is an elector with other settings, on the same connection.
	Configured struct{ Settings }
	// Crashed is a process that is gone without a word.
	Crashed struct{}
	// Stopped is a process whose every call has returned.
	Stopped struct{}
	// Called is a call of Lead.
	Called struct{}
	// Cancelled is the end of the context that Lead was called with.
	Cancelled struct{}
	// Returned is the return of Lead.
	Returned struct{ Err string }
)

// Events of a process' client.
type (
	// Sent is a compare-and-set handed to the network.
	Sent struct{ Expect, Next State }
	// Offered is a vacancy that a waiting candidate is told of before others are, or
	// after so many of them. It is on its way when this is noted.
	Offered struct {
		Rank int
		Now  State
	}
	// Answered is an answer to it, with what the key held then.
	Answered struct {
		Sent
		Got State
	}
	// Asks is the begin of a call that pauses or resumes.
	Asks struct{ What string }
	// AskedFor is the end of it.
	AskedFor struct{ What, Err string }
	// Looked is the answer to a look.
	Looked struct{ Got State }
	// Heard is a record that was published and reaches the process.
	Heard struct{ Now State }
)

// Events of work.
type (
	// Began is the begin of work: the grant is believed.
	Began struct{ Term int64 }
	// Elected is the call of the OnElected hook.
	Elected struct{ Term int64 }
	// Stepped is a step that the work does because its context had not ended when
	// it looked, that long ago.
	Stepped struct {
		Term int64
		Age  time.Duration
	}
	// Noticed is the work's discovery that its context has ended.
	Noticed struct {
		Term  int64
		Cause string
	}
	// Drains is the work's announcement that it will need more than its grace.
	Drains struct {
		Term int64
		For  time.Duration
	}
	// Revoked is the return of the OnRevoked hook.
	Revoked struct{ Term int64 }
	// Ended is the end of work.
	Ended struct {
		Term int64
		How  string
	}
	// Believed is what IsLeader and Check said, by clocks read that long ago.
	Believed struct {
		Leads, Healthy bool
		Age            time.Duration
	}
	// Told is an event that the library reported to its observer.
	Told struct {
		Kind   string
		Term   int64
		Reason string
	}
	// Backed is a candidate that stands back for that long.
	Backed struct{ For time.Duration }
	// Observed is what Observe yielded: a term, 0 for nobody, -1 for an error.
	Observed struct{ Term int64 }
	// Fenced is a write that reached a fenced resource.
	Fenced struct {
		Resource string
		Term     int64
		Accepted bool
	}
)

// Events of the server.
type (
	// Wrote is a compare-and-set that changed the key.
	Wrote struct{ Now State }
	// Serves is the begin of a server, whose clock shows that time.
	Serves struct{ At time.Time }
	// Pushed is a hint that the server publishes.
	Pushed struct{ Now State }
	// Forgot is a loss of the key.
	Forgot struct{ How string }
	// Put is a change of the key behind everybody's back.
	Put struct {
		How string
		Now State
	}
)

// Faults, and the end of them.
type (
	// Fault is one that lasts until it is healed, or for a moment. The detail is for
	// people.
	Fault struct {
		Kind   string
		Ends   bool
		Detail string
	}
	// Stalled is a process that does not get to run for that long. Stale says that
	// it happened right after one of its goroutines had read the clock.
	Stalled struct {
		For   time.Duration
		Stale bool
	}
	// Suspended is a machine whose monotonic clock stood still for that long, and
	// with Both its wall clock, too.
	Suspended struct {
		For  time.Duration
		Both bool
	}
	// WallSet is a step of the wall clock.
	WallSet struct{ By time.Duration }
	// Calm begins a time without faults.
	Calm struct{}
	// Storm ends it.
	Storm struct{}
)
