package fresh

import (
	"cmp"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/unit"
)

// Config describes a value. Only Name is needed.
type Config struct {
	// Name names the value, the same for all processes; 1 to 128 characters of
	// A-Z a-z 0-9 . _ : / and -. It need not be the name of the election.
	Name string
	// Prefix starts the name of the key. Default: "incumbent:".
	Prefix string
	// Every is the pause between two refreshes; a value that expires is refreshed after two
	// thirds of its life at the latest. Default: two thirds of its life, or 1 min if it never
	// expires.
	Every time.Duration
	// Logger gets troubles at Warn. Default: slog.Default().
	Logger *slog.Logger
}

var (
	nameForm   = regexp.MustCompile(`^[A-Za-z0-9._:/-]{1,128}$`)
	prefixForm = regexp.MustCompile(`^[A-Za-z0-9._:/-]{1,64}$`)
)

// complete returns the config with its defaults.
func (c Config) complete() (Config, error) {
	c.Prefix = cmp.Or(c.Prefix, register.DefaultPrefix)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	switch meant := unit.Missing(c.Every); {
	case !nameForm.MatchString(c.Name):
		return c, fmt.Errorf("%w: value %.140q: give 1 to 128 characters of A-Z a-z 0-9 . _ : / -", election.ErrConfig, c.Name)
	case !prefixForm.MatchString(c.Prefix):
		return c, fmt.Errorf("%w: prefix %.140q: give 1 to 64 characters of A-Z a-z 0-9 . _ : / -", election.ErrConfig, c.Prefix)
	case c.Every < 0:
		return c, fmt.Errorf("%w: value %q: Every is %v: give a positive pause, or 0 for the default", election.ErrConfig, c.Name, c.Every)
	case meant != "":
		return c, fmt.Errorf("%w: value %q: Every %v is shorter than a millisecond: did you mean %s?", election.ErrConfig, c.Name, c.Every, meant)
	}
	return c, nil
}

// key is where the value is. The braces keep it in one slot of a cluster.
func (c Config) key() string { return c.Prefix + "{" + c.Name + "}:value" }
