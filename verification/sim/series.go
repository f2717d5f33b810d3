package sim

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/verification/internal/command"
)

// Prepare readies the process for runs. A program and a TestMain call it once, first: one
// bubble keeps one processor busy, and a second one would only reorder what happens at the
// same instant.
func Prepare() {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(400)
	redis.SetLogger(silent{}) // it tells of every connection that a fault breaks
}

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// Usual is how much is run on a server when nobody asks for another number: how many seeds,
// and how long each lasts in simulated time.
func (s Store) Usual() (seeds int, span time.Duration) {
	if s == OnRedis {
		return 40, 10 * time.Minute
	}
	return 120, 20 * time.Minute
}

// A Series is a run of one seed after the other on one server.
type Series struct {
	Each   Run           // all of a run but its seed
	From   uint64        // the first seed
	Seeds  int           // how many
	For    time.Duration // if set, the seed that runs then is the last
	First  bool          // a seed that breaks a promise is the last
	Result string        // if set, the file of the summary, which is gone on from
}

// Do runs the seeds that are left, each in a subtest, and returns what all of them showed.
// It calls tell after each. It fails if the file of the summary cannot be read or
// written, or if a run does not come to its end.
func (s Series) Do(t *testing.T, tell func(*testing.T, Result)) (*Summary, error) {
	sum, err := s.resume()
	begun := time.Now()
	for err == nil && s.goesOn(sum, time.Since(begun)) {
		err = s.next(t, sum, tell)
	}
	if err != nil {
		return sum, err
	}
	return sum, command.Save(s.Result, sum)
}

func (s Series) goesOn(sum *Summary, since time.Duration) bool {
	timeLeft := s.For == 0 || since < s.For || sum.Seeds == 0 // one at least: none would show nothing
	return sum.Seeds < s.Seeds && timeLeft && (!s.First || len(sum.Failed) == 0)
}

// next runs the next seed.
func (s Series) next(t *testing.T, sum *Summary, tell func(*testing.T, Result)) error {
	r, done := s.Each, false
	r.Seed = s.From + uint64(sum.Seeds)
	t.Run(fmt.Sprint("seed=", r.Seed), func(t *testing.T) {
		res := r.Do(t)
		sum.Add(res)
		done = true
		tell(t, res)
	})
	switch {
	case !done:
		return fmt.Errorf("seed %d did not come to its end", r.Seed)
	case sum.Seeds%20 == 0:
		return command.Save(s.Result, sum) // a run that is cut loses little
	}
	return nil
}

// resume returns the summary of a series that was cut, or an empty one.
func (s Series) resume() (*Summary, error) {
	sum := NewSummary()
	if err := command.Load(s.Result, sum); err != nil {
		return sum, err
	}
	if sum.Seeds > 0 && sum.From != s.From {
		return sum, fmt.Errorf("%s is of a run from seed %d, not %d", s.Result, sum.From, s.From)
	}
	sum.From = s.From
	return sum, nil
}

// Mild reports whether so many seeds should have shown something: no fence refused
// anything, so the faults were too mild.
func (s *Summary) Mild() bool { return s.Seeds >= 20 && s.Refused == 0 }

// Explain says which promises were broken, what led to it, and how to run it again; ""
// if none was.
func (r Result) Explain() string {
	if len(r.Violations) == 0 {
		return ""
	}
	var b strings.Builder
	for _, v := range r.Violations {
		fmt.Fprintln(&b, v)
	}
	fmt.Fprintf(&b, "what led to it:\n%s\n\nrun it again: go run -C verification ./simrun %s\n", r.Story, r.flags())
	return b.String()
}

// flags are those of simrun that repeat a run.
func (r Run) flags() string {
	flags := fmt.Sprintf("-store %s -from %d -seeds 1 -hours %v -lease %v", r.Store, r.Seed, r.Span.Hours(), r.Lease)
	if r.Model {
		flags += " -model"
	}
	return flags
}
