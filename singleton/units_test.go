package singleton_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"
)

// A number without a unit is refused with what was meant.
func TestDurationsWithoutAUnit(t *testing.T) {
	for want, p := range map[string]singleton.Policy{
		"back-off 2ns is shorter than a millisecond: did you mean 2*time.Second?":         {MinBackOff: 2},
		"back-off 5µs is shorter than a millisecond: did you mean 5000*time.Millisecond?": {MaxBackOff: 5000},
	} {
		if err := p.Validate(); !errors.Is(err, election.ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", p, err, want)
		}
	}
}
