package election

import (
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/unit"
)

// Config describes an election and this candidate in it. Only Name is needed; a zero
// field means its default, or what the [Conn] has there. It is checked when an elector
// is made, with an error that wraps [ErrConfig] and says what to change.
type Config struct {
	// Name names the election, the same for all candidates: 1 to 128 characters of
	// A-Z a-z 0-9 . _ : / and -.
	Name string

	// ID labels this candidate for people, at most 96 bytes. Nothing is decided by
	// it: two candidates with the same ID are two candidates, with a warning.
	// Default: host name, process ID and four random bytes.
	ID string

	// Meta is published to observers while this candidate leads, for example its
	// address; at most 192 bytes. Default: empty.
	Meta string

	// Lease is how long others wait for a sign of the leader before they take
	// over, 2 s to 24 h, rounded up to milliseconds. Shorter fails over faster
	// and stands less delay; below 3 s is warned of. It may differ between
	// candidates and change while some run: each term is judged by the lease in
	// its own record. While Redis has lost its data, do not start a candidate with a
	// shorter lease than before: it cannot know how long the lost leader works. Electors of a
	// Conn should have similar leases: a connection that hangs holds up all of them
	// for an attempt of the longest. Default: 15 s.
	Lease time.Duration

	// Grace is what work gets to end in after a loss, before anybody else can take
	// over. It does not limit a voluntary stop: there leadership is kept until the work
	// has ended. Default: a fifth of the lease; at most about 0.28 of it.
	Grace time.Duration

	// Stall ends the term with [ErrStalled] if the work has not called [Progress] for so
	// long, at least two beats. It counts from the begin of the work, on both clocks, and
	// only while the work's context lives: a drain may take its time. The work then has its
	// Grace. If it does not return in that, the beats stop although it still runs, and
	// OnOverrun is called with Held false: another leads about a lease later, beside work
	// that may wake up. Set singleton.ExitOnOverrun to rule that out. The event that says
	// that the term has ended has the stacks of the work's goroutines, found by a profiler
	// label that those started by the work inherit. See docs/guarantees.md, "Work that
	// stalls". Default: never.
	Stall time.Duration

	// CoolDown is how long this candidate does not campaign after a step-down or after
	// its work ended by itself or stalled, so that another can lead. singleton.Keep doubles
	// it with each failure of the work in a row, up to Policy.MaxBackOff. TryLead ignores
	// it. Default: a third of the lease, at least 1 s. Negative: none.
	CoolDown time.Duration

	// ReleaseTimeout bounds the release after the work has ended, and the withdrawal of
	// a grant after a campaign that was given up. If Redis does not answer within it,
	// others wait for the rest of the lease. Default: 5 s, or the lease if that is
	// shorter.
	ReleaseTimeout time.Duration

	// Bootstrap says what to do when Redis holds no record. Default:
	// BootstrapQuarantine.
	Bootstrap Bootstrap

	// Prefix starts the key and channel names, so that a user's rights can be
	// limited to them; characters as in Name, at most 64. All candidates of an
	// election use the same. Default: "incumbent:".
	Prefix string

	// Logger gets transitions at Info, troubles at Warn, beats at Debug.
	// Default: slog.Default().
	Logger *slog.Logger

	// Observer, if set, gets every [Event] of this candidate, in order, on a goroutine
	// of the [Conn] that all its electors share. A slow observer delays no beat, but it
	// delays the other observers. Only beats are dropped: the latest waits, and
	// [Event.Dropped] counts the others. Lead returns when the observer has got
	// everything. An observer may call anything but Lead and what calls it, which would
	// wait for the observer that waits for them. A panic in it ends the process without
	// a release: nobody can recover it, as it is on no goroutine of the caller.
	Observer func(Event)

	// OnOverrun, if set, is called when work outlives its grace, on a goroutine of
	// its own that Lead waits for. The same limits hold as for Observer, and a panic
	// does the same. The overrun is logged in any case. See also
	// singleton.ExitOnOverrun.
	OnOverrun func(Overrun)
}

// Bootstrap says what a candidate does when Redis holds no record, which means
// that the election is new or that Redis forgot it.
type Bootstrap int

const (
	// BootstrapQuarantine waits one lease, since a leader that Redis forgot may still
	// work. So the first start ever of an election waits one lease, too.
	BootstrapQuarantine Bootstrap = iota
	// BootstrapImmediate leads at once if this [Conn] has never seen a record of the
	// election: for tests, demonstrations and servers that live and die with the
	// process. When Redis loses its data, a candidate that starts just then leads beside
	// the former leader, for up to a lease.
	BootstrapImmediate
)

// An Overrun is work that still runs when its grace is over.
type Overrun struct {
	Name    string        // of the election
	Term    Term          // of the work
	Overdue time.Duration // since the end of the grace
	Cause   error         // what ended the term
	// Held is true in a voluntary stop: leadership is kept and nobody else can take
	// over. Of work that has stalled it is false: the beats have stopped. If it is false, another may work already: only fenced resources are safe
	// from this work.
	Held bool
}

var (
	nameForm   = regexp.MustCompile(`^[A-Za-z0-9._:/-]{1,128}$`)
	prefixForm = regexp.MustCompile(`^[A-Za-z0-9._:/-]{1,64}$`)
)

const shortLease = 3 * time.Second

// complete returns the config with its defaults, and its timing.
func (c Config) complete() (Config, heartbeat.Timing, error) {
	if err := c.check(); err != nil {
		return c, heartbeat.Timing{}, err
	}
	if c.Lease == 0 {
		c.Lease = heartbeat.DefaultLease
	}
	given := c.Lease
	if up := c.Lease.Truncate(time.Millisecond); up < c.Lease {
		c.Lease = up + time.Millisecond
	}
	timing := heartbeat.ForLease(c.Lease)
	if c.Lease < heartbeat.MinLease || c.Lease > heartbeat.MaxLease {
		timing.Lease = given // for the message
	}
	if c.Grace != 0 {
		timing.Grace = c.Grace
	}
	if err := timing.Validate(); err != nil {
		return c, timing, fmt.Errorf("%w: election %q: %w", ErrConfig, c.Name, err)
	}
	c.Grace = timing.Grace
	if least := 2 * timing.Beat; c.Stall != 0 && c.Stall < least {
		return c, timing, fmt.Errorf("%w: election %q: stall %v is shorter than two beats, %v: give at least that, or 0 for never", ErrConfig, c.Name, c.Stall, least)
	}
	if err := c.completeRest(); err != nil {
		return c, timing, err
	}
	return c, timing, nil
}

// check refuses what is wrong whatever the rest.
func (c Config) check() error {
	if !nameForm.MatchString(c.Name) {
		return fmt.Errorf("%w: name %.140q: give 1 to 128 characters of A-Z a-z 0-9 . _ : / -", ErrConfig, c.Name)
	}
	return c.checkFields(fmt.Sprintf("election %q", c.Name))
}

// checkFields checks all fields but the name; of is what the message is about.
func (c Config) checkFields(of string) error {
	switch {
	case c.Prefix != "" && !prefixForm.MatchString(c.Prefix):
		return fmt.Errorf("%w: prefix %.140q: give 1 to 64 characters of A-Z a-z 0-9 . _ : / -", ErrConfig, c.Prefix)
	case len(c.ID) > record.MaxID:
		return fmt.Errorf("%w: %s: ID of %d bytes: give at most %d", ErrConfig, of, len(c.ID), record.MaxID)
	case len(c.Meta) > record.MaxMeta:
		return fmt.Errorf("%w: %s: meta of %d bytes: give at most %d", ErrConfig, of, len(c.Meta), record.MaxMeta)
	}
	for _, f := range []struct {
		name  string
		given time.Duration
	}{{"lease", c.Lease}, {"grace", c.Grace}, {"stall", c.Stall}, {"cool-down", c.CoolDown}, {"release timeout", c.ReleaseTimeout}} {
		if meant := unit.Missing(f.given); meant != "" {
			return fmt.Errorf("%w: %s: %s %v is shorter than a millisecond: did you mean %s?", ErrConfig, of, f.name, f.given, meant)
		}
	}
	return nil
}

func (c *Config) completeRest() error {
	switch {
	case c.ReleaseTimeout < 0 || c.ReleaseTimeout > heartbeat.MaxLease:
		return fmt.Errorf("%w: election %q: release timeout %v is outside 0 to %v: give a positive one, or 0 for the default", ErrConfig, c.Name, c.ReleaseTimeout, heartbeat.MaxLease)
	case c.ReleaseTimeout == 0:
		c.ReleaseTimeout = min(5*time.Second, c.Lease)
	}
	switch {
	case c.CoolDown > heartbeat.MaxLease:
		return fmt.Errorf("%w: election %q: cool-down %v: give at most %v", ErrConfig, c.Name, c.CoolDown, heartbeat.MaxLease)
	case c.CoolDown == 0:
		c.CoolDown = max(c.Lease/3, time.Second)
	case c.CoolDown < 0:
		c.CoolDown = 0
	}
	if c.Bootstrap != BootstrapQuarantine && c.Bootstrap != BootstrapImmediate {
		return fmt.Errorf("%w: election %q: unknown bootstrap %d: give BootstrapQuarantine or BootstrapImmediate", ErrConfig, c.Name, c.Bootstrap)
	}
	if c.Prefix == "" {
		c.Prefix = register.DefaultPrefix
	}
	if c.ID == "" {
		c.ID = record.NewLabel()
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return nil
}
