package cell

import (
	"slices"
)

// summary describes measured values.
type summary struct {
	N                     int
	Median, P99, Min, Max float64
}

func summarise(values []float64) summary {
	if len(values) == 0 {
		return summary{}
	}
	slices.Sort(values)
	n := len(values)
	return summary{
		N:      n,
		Median: (values[(n-1)/2] + values[n/2]) / 2,
		P99:    values[min(n-1, n*99/100)],
		Min:    values[0],
		Max:    values[n-1],
	}
}

// into writes a summary's values with a prefix.
func (s summary) into(v Values, prefix string) {
	v[prefix+"median"], v[prefix+"p99"], v[prefix+"min"], v[prefix+"max"] = s.Median, s.P99, s.Min, s.Max
}
