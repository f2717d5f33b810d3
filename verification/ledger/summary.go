package ledger

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"example.com/incumbent/verification/internal/command"
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
	add(reflect.ValueOf(&s.Counts).Elem(), reflect.ValueOf(r.Counts))
	add(reflect.ValueOf(&s.Faults).Elem(), reflect.ValueOf(r.Faults))
	for rule, n := range r.Broken {
		s.Counts.Broken[rule] += n
	}
}

// add adds up all numbers.
func add(to, from reflect.Value) {
	for i := range to.NumField() {
		if f := to.Field(i); f.Kind() == reflect.Int {
			f.SetInt(f.Int() + from.Field(i).Int())
		}
	}
}

// Mild reports whether so much should have shown something.
func (s *Summary) Mild() bool { return s.Years >= 1 && (s.Faults.Refused == 0 || s.Counts.Missed == 0) }

// String is for people.
func (s *Summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d seeds, %.1f years\n", s.Seeds, s.Years)
	table(&b, reflect.ValueOf(s.Counts))
	table(&b, reflect.ValueOf(s.Faults))
	if len(s.Failed) == 0 {
		fmt.Fprintf(&b, "broken: nothing")
	}
	for _, rule := range slices.Sorted(maps.Keys(s.Counts.Broken)) {
		fmt.Fprintf(&b, "BROKEN: %s %d times, in seeds %v\n", rule, s.Counts.Broken[rule], s.Failed)
	}
	return b.String()
}

func table(b *strings.Builder, v reflect.Value) {
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Int {
			fmt.Fprintf(b, "  %-22s %d\n", v.Type().Field(i).Name, f.Int())
		}
	}
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
