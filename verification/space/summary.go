package space

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
	"example.com/incumbent/verification/internal/tally"
	"example.com/incumbent/verification/space/account"
)

// A Summary adds up runs.
type Summary struct {
	Seeds  int
	From   uint64
	Hours  float64 // simulated, of storms
	Failed []uint64

	Counts account.Counts
	Faults Faults
	Healed time.Duration // the longest
}

// NewSummary returns an empty one.
func NewSummary() *Summary { return &Summary{Counts: account.Counts{Broken: map[string]int{}}} }

// Add adds a run.
func (s *Summary) Add(r Result) {
	s.Seeds++
	s.Hours += r.Span.Hours()
	s.Healed = max(s.Healed, r.Healed)
	if !r.Held() {
		s.Failed = append(s.Failed, r.Seed)
	}
	tally.Add(&s.Counts, r.Counts)
	tally.Add(&s.Faults, r.Faults)
	for rule, n := range r.Broken {
		s.Counts.Broken[rule] += n
	}
}

// Mild reports whether so many seeds should have shown something: no write was refused.
func (s *Summary) Mild() bool { return s.Hours >= 2 && s.Counts.Refused == 0 }

// String is for people.
func (s *Summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d seeds, %.1f hours of storms; all names free again within %v\n", s.Seeds, s.Hours, s.Healed)
	tally.Table(&b, s.Counts, s.Faults)
	tally.Verdict(&b, s.Counts.Broken, s.Failed)
	return b.String()
}

// Prepare readies the process for runs. A program and a TestMain call it once, first.
func Prepare() {
	runtime.GOMAXPROCS(1) // one bubble keeps one processor busy
	debug.SetGCPercent(400)
	redis.SetLogger(silent{}) // it tells of every connection that a fault breaks
}

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// A Series is a run of one seed after the other.
type Series struct {
	Span   time.Duration // of the storms of each
	From   uint64        // the first seed
	Seeds  int           // how many
	For    time.Duration // if set, the seed that runs then is the last
	First  bool          // a seed that breaks a promise is the last
	Result string        // if set, the file of the summary, which is gone on from
}

// Do runs the seeds that are left, each in a subtest. It calls tell after each. It fails if the
// file of the summary cannot be read or written, or if a run does not come to its end.
func (s Series) Do(t *testing.T, tell func(Result)) (*Summary, error) {
	sum, err := s.resume()
	begun := time.Now()
	for err == nil && s.goesOn(sum, time.Since(begun)) {
		err = s.next(t, sum, tell)
	}
	return sum, err
}

func (s Series) goesOn(sum *Summary, since time.Duration) bool {
	timeLeft := s.For == 0 || since < s.For || sum.Seeds == 0
	return sum.Seeds < s.Seeds && timeLeft && (!s.First || len(sum.Failed) == 0)
}

func (s Series) next(t *testing.T, sum *Summary, tell func(Result)) error {
	r, done := Run{Seed: s.From + uint64(sum.Seeds), Span: s.Span}, false
	t.Run(fmt.Sprint("seed=", r.Seed), func(t *testing.T) {
		res := r.Do(t)
		sum.Add(res)
		done = true
		tell(res)
	})
	if !done {
		return fmt.Errorf("seed %d did not come to its end", r.Seed)
	}
	return command.Save(s.Result, sum)
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
