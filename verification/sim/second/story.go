package second

import (
	"time"

	"example.com/incumbent/verification/sim/check"
)

// story is a history, sorted into tables. Within a table all is in order of time.
type story struct {
	Verdict

	processes map[int]*process
	tenures   map[owner]*tenure
	works     []*work
	sends     []*send // each request of a process once
	asked     map[check.Sent][]*send
	writes    []write
	stood     map[check.State]time.Duration // since when at first
	breaks    []breach
	clockSet  time.Duration // when the server's clock was set at first; 0: never
	beliefs   []belief
	calls     []call
	fenced    []check.Entry
	server    time.Time // what its clock showed at the begin; zero: not known

	now    check.State // of the key
	intact check.State // the same, as if it had never been overwritten by garbage
}

// process is what was read of one until now, and what happened to its clocks.
type process struct {
	clock
	number   int
	settings check.Settings
	longest  time.Duration     // lease that it has seen
	met      bool              // it has seen a record
	looked   time.Duration     // when it was last answered a look
	terms    map[int64]*tenure // that were confirmed
	latest   *tenure           // of these, by its anchor
	work     *work             // under way
	asked    int               // calls under way that pause or resume
	sent     map[check.Sent]bool
	answers  []answer // all of them
}

// owner is what makes a record somebody's.
type owner struct {
	term  int64
	nonce int
}

func ownerOf(s check.State) owner { return owner{s.Term, s.Nonce} }

// tenure is one grant that a process asked for.
type tenure struct {
	*process
	lease   time.Duration
	looked  time.Duration // when it had last looked then
	written time.Duration // the grant; -1: never
	over    time.Duration // when it was told that it is; 0: not yet
	own     []sending     // bytes
	trusts  []trusted

	releases []time.Duration // sends of its release
	tries    time.Duration   // for how long it is tried again and again
}

// sending is the first send of some bytes.
type sending struct {
	status check.Status
	beat   int64
	at     time.Duration
}

// trusted is an answer that confirms what was first sent at the anchor.
type trusted struct{ at, anchor time.Duration }

type work struct {
	*tenure
	term     int64
	grace    time.Duration
	from, to time.Duration
	drains   []drain
}

// drain is the announcement of work that it will need longer.
type drain struct{ at, until time.Duration }

// send is the first time that a process sends a request, and what it was then.
type send struct {
	check.Sent
	*process
	at   time.Duration
	then process
}

type write struct {
	was, now check.State
	at       time.Duration
}

// breach is a loss of what the key held, or a grant that is safe only by an assumption;
// it harms those with a longer lease.
type breach struct {
	assumption check.Assumption // that is broken; empty: none
	at, lease  time.Duration
}

// belief is what a process did, or said, since it believed to lead.
type belief struct {
	*tenure
	what                      string
	at, reading, anchor, over time.Duration
}

// call is a callback that opens or closes a term.
type call struct {
	kind  string
	proc  int
	term  int64
	opens bool
	at    time.Duration
}
