// Package demo is what the examples share and nobody needs to copy: flags,
// output, the stand-in for Redis, forced changes of leader, the check at the
// start and exit codes. How the library is used stands in the examples alone.
package demo

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"syscall"

	"github.com/redis/go-redis/v9/logging"
)

// A Demo is one run of an example. Make it with [New], add flags of the
// example's own to Flags, and call Main.
type Demo struct {
	// Flags are the flags that all examples have, not parsed yet.
	Flags *flag.FlagSet

	name           string
	args           []string
	env            func(string) string
	stdout, stderr io.Writer
	settings       settings
}

// New returns the demonstration of that name, for this process's arguments.
func New(name string) *Demo {
	d := &Demo{name: name, args: os.Args[1:], env: os.Getenv, stdout: os.Stdout, stderr: os.Stderr}
	d.defineFlags()
	return d
}

// Main runs the instance once for each candidate, until ctx or the time of -for
// ends or one of them fails, and returns the exit code of the process. The
// instance must return soon after its context ends.
func (d *Demo) Main(ctx context.Context, instance func(context.Context, *Candidate) error) int {
	t, err := d.parse()
	switch {
	case errors.Is(err, flag.ErrHelp):
		d.usage()
		return exitOK
	case err != nil:
		fmt.Fprintf(d.stderr, "%s: %v; %s -h lists all flags\n", d.name, err, d.name)
		return exitUsage
	}
	logging.Disable() // go-redis logs to stderr what its calls return as errors anyway
	defer exitOnSecondSignal()()
	defer surviveBrokenPipes()()
	if d.settings.length > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, d.settings.length, errTimeOver)
		defer cancel()
	}
	s, err := d.open(t)
	if err != nil {
		fmt.Fprintf(d.stderr, "%s: %v\n", d.name, err)
		return exitCode(err)
	}
	defer s.close()
	return s.run(ctx, instance)
}

// errTimeOver is why everything ends when the time of -for is over.
var errTimeOver = errors.New("the time of -for is over")

// surviveBrokenPipes makes a write to a pipe that nobody reads an error. Without this
// the process dies of it, and holds its leadership for the rest of a lease.
func surviveBrokenPipes() (forget func()) {
	signals := make(chan os.Signal, 1) // nobody reads it: the write fails, that is enough
	signal.Notify(signals, syscall.SIGPIPE)
	return func() { signal.Stop(signals) }
}

// exitOnSecondSignal ends the process at once when a second signal asks it to
// stop: the first one asks for an orderly stop, which may take its time.
func exitOnSecondSignal() (forget func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		if again, ok := (<-signals).(syscall.Signal); ok {
			os.Exit(128 + int(again))
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
	}
}

var credentials = regexp.MustCompile(`//.*@`)

// redact hides what may be a password in an error that repeats what was given.
func redact(err error) error {
	return errors.New(credentials.ReplaceAllString(err.Error(), "//...@"))
}
