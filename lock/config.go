package lock

import (
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/space"
	"example.com/incumbent/internal/unit"
)

// Config describes a space of locks and this process in it. The zero Config works.
type Config struct {
	// Name names the space, the same for all processes; 1 to 128 characters of
	// A-Z a-z 0-9 . _ : / and -. A space is one key in one slot. Default: "locks".
	Name string
	// Prefix starts the names of keys and channels. Default: "incumbent:".
	Prefix string
	// ID labels this process for people, at most 96 bytes. Default: host, process ID and
	// random bytes.
	ID string
	// Lease is how long a silent process is waited for, 2 s to 1 h, rounded up to
	// milliseconds, best the same for all. Default: 5 s.
	Lease time.Duration
	// Grace is what work gets to end in after a loss. Default: a fifth of the lease; at most
	// about 0.28 of it.
	Grace time.Duration
	// Bootstrap says what to do when Redis knows nothing of the space. Default: wait a
	// lease.
	Bootstrap election.Bootstrap
	// Logger gets transitions at Info and troubles at Warn. Default: slog.Default().
	Logger *slog.Logger
	// Observer, if set, gets the events of this process in the space, in order, but none
	// for a single lock.
	Observer func(Event)
	// OnOverrun, if set, is called when work outlives its grace, on a goroutine of its own
	// that Do waits for. The name in it is that of the space and the lock, as "locks/order-4711".
	OnOverrun func(Overrun)
}

const defaultLease = 5 * time.Second

var (
	nameForm   = regexp.MustCompile(`^[A-Za-z0-9._:/-]{1,128}$`)
	prefixForm = regexp.MustCompile(`^[A-Za-z0-9._:/-]{1,64}$`)
)

// complete returns the config with its defaults, and its timing.
func (c Config) complete() (Config, heartbeat.Timing, error) {
	c.fill()
	if err := c.check(); err != nil {
		return c, heartbeat.Timing{}, err
	}
	if up := c.Lease.Truncate(time.Millisecond); up < c.Lease {
		c.Lease = up + time.Millisecond
	}
	timing := heartbeat.ForLease(c.Lease)
	if c.Grace != 0 {
		timing.Grace = c.Grace
	}
	if err := timing.Validate(); err != nil {
		return c, timing, fmt.Errorf("%w: space %q: %w", ErrConfig, c.Name, err)
	}
	c.Grace = timing.Grace
	return c, timing, nil
}

// fill sets defaults.
func (c *Config) fill() {
	if c.Name == "" {
		c.Name = "locks"
	}
	if c.Prefix == "" {
		c.Prefix = register.DefaultPrefix
	}
	if c.ID == "" {
		c.ID = record.NewLabel()
	}
	if c.Lease == 0 {
		c.Lease = defaultLease
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
}

func (c *Config) check() error {
	switch {
	case !nameForm.MatchString(c.Name):
		return fmt.Errorf("%w: space %.140q: give 1 to 128 characters of A-Z a-z 0-9 . _ : / -", ErrConfig, c.Name)
	case !prefixForm.MatchString(c.Prefix):
		return fmt.Errorf("%w: prefix %.140q: give 1 to 64 characters of A-Z a-z 0-9 . _ : / -", ErrConfig, c.Prefix)
	case len(c.ID) > record.MaxID:
		return fmt.Errorf("%w: space %q: ID of %d bytes: give at most %d", ErrConfig, c.Name, len(c.ID), record.MaxID)
	case c.Lease > space.MaxLease:
		return fmt.Errorf("%w: space %q: lease %v: give at most %v: for so long a crash keeps its locks from everybody", ErrConfig, c.Name, c.Lease, space.MaxLease)
	case c.Bootstrap != election.BootstrapQuarantine && c.Bootstrap != election.BootstrapImmediate:
		return fmt.Errorf("%w: space %q: unknown bootstrap %d: give BootstrapQuarantine or BootstrapImmediate", ErrConfig, c.Name, c.Bootstrap)
	}
	for _, f := range []struct {
		name  string
		given time.Duration
	}{{"lease", c.Lease}, {"grace", c.Grace}} {
		if meant := unit.Missing(f.given); meant != "" {
			return fmt.Errorf("%w: space %q: %s %v is shorter than a millisecond: did you mean %s?", ErrConfig, c.Name, f.name, f.given, meant)
		}
	}
	return nil
}

// checkName refuses what is no name of a lock.
func (s *Space) checkName(name string) error {
	if !space.IsName(name) {
		return fmt.Errorf("%w: lock %.140q: give 1 to 128 characters of A-Z a-z 0-9 . _ : / - @", ErrConfig, name)
	}
	return nil
}
