package ledger

import (
	"fmt"
	"strings"
	"time"

	"example.com/incumbent/verification/internal/command"
	"example.com/incumbent/verification/internal/tally"
	"example.com/incumbent/verification/ledger/account"
)

// A Summary adds up runs.
type Summary struct {
	Seeds  int
	From   uint64
	Years  float64
	Failed []uint64 // seeds

	Counts account.Counts
	Faults faults
}

// NewSummary returns an empty one.
func NewSummary() *Summary { return &Summary{Counts: account.Counts{Broken: map[string]int{}}} }

// Add adds a run.
func (s *Summary) Add(r Result) {
	s.Seeds++
	s.Years += r.Span.Hours() / Year.Hours()
	if !r.Held() {
		s.Failed = append(s.Failed, r.Seed)
	}
	tally.Add(&s.Counts, r.Counts)
	tally.Add(&s.Faults, r.Faults)
	for rule, n := range r.Broken {
		s.Counts.Broken[rule] += n
	}
}

// Mild reports whether so much should have shown something.
func (s *Summary) Mild() bool { return s.Years >= 1 && (s.Faults.Refused == 0 || s.Counts.Missed == 0) }

// String is for people.
func (s *Summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d seeds, %.1f years\n", s.Seeds, s.Years)
	tally.Table(&b, s.Counts, s.Faults)
	tally.Verdict(&b, s.Counts.Broken, s.Failed)
	return b.String()
}

// A Series is a run of one seed after the other.
type Series struct {
	Span   time.Duration // of each
	From   uint64        // the first seed
	Seeds  int           // how many
	For    time.Duration // if set, the seed that runs then is the last
	First  bool          // a seed that breaks a promise is the last
	Result string        // if set, the file of the summary, which is gone on from
}

// Do runs the seeds that are left. It calls tell after each. It fails if a zone is missing, or
// the file of the summary cannot be read or written.
func (s Series) Do(tell func(Result)) (*Summary, error) {
	sum, err := s.resume()
	if err != nil {
		return sum, err
	}
	all, err := NewVersions()
	begun := time.Now()
	for err == nil && s.goesOn(sum, time.Since(begun)) {
		r := Run{s.From + uint64(sum.Seeds), s.Span}.Do(all)
		sum.Add(r)
		tell(r)
		err = command.Save(s.Result, sum)
	}
	return sum, err
}

func (s Series) goesOn(sum *Summary, since time.Duration) bool {
	timeLeft := s.For == 0 || since < s.For || sum.Seeds == 0
	return sum.Seeds < s.Seeds && timeLeft && (!s.First || len(sum.Failed) == 0)
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
