package model

// Lease names one of two leases that processes can be configured with.
type Lease uint8

// The leases.
const (
	Short Lease = iota
	Long
	leases
)

// Rates of the clocks, in units of their own that they count during one tick of
// true time. A tick is two units long, so both clocks are off by r = 1/2: far
// more than the 5 % of the protocol, so that a few ticks are enough for the
// inequality to hold with nothing to spare.
const (
	unitsPerTick = 2
	fastClock    = 3 // (1 + r) ticks: a judge's, at worst
	slowClock    = 1 // (1 - r) ticks: a leader's, at worst
)

// timing holds the durations that belong to a lease, in units of the clock of
// the process that measures them.
type timing struct{ lease, trust, grace int }

// timings are chosen so that (T + G)/(1 - r) = L/(1 + r): with one unit more of
// trust or grace, or one less of the lease, two leaders are possible.
var timings = [leases]timing{
	Short: {lease: 9, trust: 2, grace: 1},
	Long:  {lease: 12, trust: 3, grace: 1},
}

// ticks are the same durations in true time, each at its worst. Clocks that are
// better need no steps of their own: a judge may always be later than it must,
// and work may always end earlier.
type ticks[N number] struct {
	lease N // before this no judge's clock has counted a lease
	trust N // by now every leader's clock has counted its trust
	end   N // by now the work is over: trust and grace
}

func worst[N number](t timing) ticks[N] {
	return ticks[N]{
		lease: N((t.lease + fastClock - 1) / fastClock),
		trust: N(t.trust / slowClock),
		end:   N((t.trust + t.grace) / slowClock),
	}
}
