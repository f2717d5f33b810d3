package heartbeat_test

import (
	"fmt"
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
)

const lease = 15 * time.Second

// beat is the sign number n of an epoch.
func beat(epoch, n int64) heartbeat.Beat {
	return heartbeat.Beat{Bytes: fmt.Sprintf("%d/%d", epoch, n), Term: epoch, Count: n, Lease: lease}
}

func ExampleJudge() {
	var judge heartbeat.Judge
	sign := heartbeat.Beat{Bytes: "beat 7", Term: 1, Count: 7, Lease: 15 * time.Second}
	start := heartbeat.Instant{}

	judge.Observe(sign, start, start.Add(time.Second)) // asked at 0 s, answered at 1 s
	fmt.Println(judge.Silent(start.Add(10 * time.Second)))

	judge.Observe(sign, start.Add(10*time.Second), start.Add(11*time.Second)) // still the same
	fmt.Println(judge.Silent(start.Add(16 * time.Second)))
	// Output:
	// false 6s
	// true 0s
}

// looked is a judge that has seen beat 5 of epoch 1 in a look that was answered
// at 1 s.
func looked() *heartbeat.Judge {
	var j heartbeat.Judge
	j.Observe(beat(1, 5), at(0), at(time.Second))
	return &j
}

// tracks checks what a judge tracks, and since when.
func tracks(t *testing.T, j *heartbeat.Judge, want heartbeat.Beat, since time.Duration) {
	t.Helper()
	if got, known := j.Beat(); !known || got != want {
		t.Errorf("tracks %v (%v), want %v", got, known, want)
	}
	if j.Since() != at(since) {
		t.Errorf("waits since %v, want %v", j.Since(), since)
	}
}

func TestAJudgeThatHasSeenNothingCallsNobodySilent(t *testing.T) {
	var j heartbeat.Judge
	for _, now := range []time.Duration{0, time.Hour, 1 << 60} {
		if silent, left := j.Silent(at(now)); silent {
			t.Errorf("at %v: silent, %v left", now, left)
		}
	}
	if _, known := j.Beat(); known {
		t.Error("it knows a sign")
	}
	if j.Notify(beat(1, 1), at(0)) {
		t.Error("a push counts before any look")
	}
	j.ObserveAbsent(at(time.Second))
	if silent, _ := j.Silent(at(time.Hour)); silent || j.LastLook() != at(time.Second) {
		t.Errorf("after a look in vain: silent %v, last look %v", silent, j.LastLook())
	}
}

func TestSilentAfterTheSignsOwnLease(t *testing.T) {
	j := looked()
	for _, c := range []struct {
		now, left time.Duration
		silent    bool
	}{
		{time.Second, lease, false},
		{16*time.Second - 1, 1, false},
		{16 * time.Second, 0, true},
		{17 * time.Second, -time.Second, true},
	} {
		if silent, left := j.Silent(at(c.now)); silent != c.silent || left != c.left {
			t.Errorf("at %v: %v, %v; want %v, %v", c.now, silent, left, c.silent, c.left)
		}
	}
	short := beat(2, 1)
	short.Lease = 2 * time.Second
	j.Observe(short, at(20*time.Second), at(20*time.Second))
	if silent, left := j.Silent(at(21 * time.Second)); silent || left != time.Second {
		t.Errorf("a sign with a lease of 2 s: %v, %v left after one", silent, left)
	}
}

// A wall clock that is set must not depose anybody.
func TestTheJudgeBelievesItsMonotonicClockOnly(t *testing.T) {
	j := looked()
	if silent, _ := j.Silent(clocks(2*time.Second, time.Hour)); silent {
		t.Error("silent because the wall clock was set forward")
	}
	if silent, _ := j.Silent(clocks(16*time.Second, 0)); !silent {
		t.Error("not silent because the wall clock was set back")
	}
	if !j.Notify(beat(1, 6), clocks(2*time.Second, time.Hour)) {
		t.Error("a push is refused because the wall clock was set forward")
	}
	if j.Observe(beat(1, 5), clocks(time.Second, 2*time.Hour), clocks(3*time.Second, 2*time.Hour)) {
		t.Error("by the wall clock a look was not overtaken that was so by the monotonic one")
	}
}

func TestALookThatDiffersBeginsTheWaitAnew(t *testing.T) {
	for name, next := range map[string]heartbeat.Beat{
		"a later beat":    beat(1, 6),
		"another epoch":   beat(2, 0),
		"an older beat":   beat(1, 4), // a regression: the source went back
		"an older epoch":  beat(0, 9),
		"only other text": {Bytes: "else", Term: 1, Count: 5, Lease: lease},
	} {
		j := looked()
		if !j.Observe(next, at(2*time.Second), at(3*time.Second)) {
			t.Errorf("%s: the wait did not begin anew", name)
		}
		tracks(t, j, next, 3*time.Second)
	}
}

func TestAnEqualLookKeepsTheWait(t *testing.T) {
	j := looked()
	for _, now := range []time.Duration{3 * time.Second, 9 * time.Second, 15 * time.Second} {
		if j.Observe(beat(1, 5), at(now-time.Second), at(now)) {
			t.Errorf("the equal look at %v began the wait anew", now)
		}
	}
	tracks(t, j, beat(1, 5), time.Second)
	if j.LastLook() != at(15*time.Second) {
		t.Errorf("last look at %v, want 15s", j.LastLook())
	}
	if silent, _ := j.Silent(at(16 * time.Second)); !silent {
		t.Error("not silent after a lease of equal looks")
	}
}

func TestAPushBeginsOnlyALaterWait(t *testing.T) {
	for name, c := range map[string]struct {
		sign   heartbeat.Beat
		counts bool
	}{
		"the next beat":       {beat(1, 6), true},
		"a much later one":    {beat(1, 90), true},
		"the next epoch":      {beat(2, 0), true},
		"the same again":      {beat(1, 5), false},
		"a delayed one":       {beat(1, 4), false},
		"of an old epoch":     {beat(0, 90), false},
		"equal, other bytes":  {heartbeat.Beat{Bytes: "else", Term: 1, Count: 5, Lease: lease}, false},
		"with a shorter wait": {heartbeat.Beat{Bytes: "short", Term: 1, Count: 6, Lease: time.Second}, true},
	} {
		j := looked()
		if got := j.Notify(c.sign, at(3*time.Second)); got != c.counts {
			t.Errorf("%s: counts %v, want %v", name, got, c.counts)
		}
		if c.counts {
			tracks(t, j, c.sign, 3*time.Second)
		} else {
			tracks(t, j, beat(1, 5), time.Second)
		}
	}
}

// A push that no look has confirmed for a lease is not believed: whoever only
// publishes must not look alive for ever.
func TestPushesWithoutALookForALeaseAreIgnored(t *testing.T) {
	j := looked()
	if !j.Notify(beat(1, 6), at(16*time.Second-1)) {
		t.Error("a push within a lease of the last look does not count")
	}
	if j.Notify(beat(1, 7), at(16*time.Second)) {
		t.Error("a push a lease after the last look counts")
	}
	tracks(t, j, beat(1, 6), 16*time.Second-1)
	j.Observe(beat(1, 6), at(17*time.Second), at(17*time.Second))
	if !j.Notify(beat(1, 7), at(18*time.Second)) {
		t.Error("a push after the next look does not count")
	}
}

// However many pushes there are, without looks the judge comes to its verdict.
func TestAStormOfPushesEndsInAVerdict(t *testing.T) {
	j := looked()
	var now time.Duration
	for n := int64(6); n < 1000; n++ {
		now = time.Duration(n) * 100 * time.Millisecond
		j.Notify(beat(1, n), at(now))
	}
	if silent, _ := j.Silent(at(now)); !silent {
		t.Errorf("at %v, %v after the last look, a stream of pushes still counts", now, now-j.LastLook().Mono)
	}
}

func TestALookEqualToThePushKeepsTheWait(t *testing.T) {
	j := looked()
	j.Notify(beat(1, 6), at(2*time.Second))
	if j.Observe(beat(1, 6), at(3*time.Second), at(4*time.Second)) {
		t.Error("a look that shows what was pushed began the wait anew")
	}
	tracks(t, j, beat(1, 6), 2*time.Second)
}

// A look that was under way when a later sign was pushed shows the past.
func TestAnOvertakenLookIsIgnored(t *testing.T) {
	j := looked()
	j.Notify(beat(1, 7), at(3*time.Second))
	if j.Observe(beat(1, 6), at(2*time.Second), at(4*time.Second)) {
		t.Error("a look that a push overtook began the wait anew")
	}
	tracks(t, j, beat(1, 7), 3*time.Second)
	if j.LastLook() != at(4*time.Second) {
		t.Errorf("last look at %v: an overtaken one counts as one", j.LastLook())
	}
	if !j.Observe(beat(1, 8), at(2*time.Second), at(5*time.Second)) {
		t.Error("a look that shows a later sign than the push does not count")
	}
}

// A look that was sent after a push and shows less than it is a regression: the
// source went back, or the push lied.
func TestALookBelowThePushIsARegression(t *testing.T) {
	j := looked()
	j.Notify(beat(1, 90), at(2*time.Second))
	if !j.Observe(beat(1, 6), at(3*time.Second), at(4*time.Second)) {
		t.Error("the look did not overrule the push")
	}
	tracks(t, j, beat(1, 6), 4*time.Second)
	if j.Notify(beat(1, 91), at(5*time.Second)) {
		t.Error("a push counts after one that a look has contradicted")
	}
	if j.HeardFor(time.Hour, at(5*time.Second)) > 0 {
		t.Error("pushes count as heard")
	}
	if silent, left := j.Silent(at(4*time.Second + lease)); !silent {
		t.Errorf("%v left a lease after the look", left)
	}
}

// Pushes count again when a look shows one of them.
func TestPushesCountAgainWhenALookShowsOne(t *testing.T) {
	j := looked()
	j.Notify(beat(1, 90), at(2*time.Second))
	j.Observe(beat(1, 5), at(3*time.Second), at(4*time.Second))
	tracks(t, j, beat(1, 5), 4*time.Second)
	j.Notify(beat(1, 5), at(5*time.Second)) // what is known is no news
	j.Observe(beat(1, 5), at(5*time.Second), at(6*time.Second))
	if j.Notify(beat(1, 91), at(7*time.Second)) {
		t.Error("a copy of what stands made pushes count again")
	}
	tracks(t, j, beat(1, 5), 4*time.Second)
	j.Notify(beat(1, 6), at(8*time.Second))
	if !j.Observe(beat(1, 6), at(8*time.Second), at(9*time.Second)) {
		t.Error("a look that shows what was pushed in vain does not begin the wait anew")
	}
	if !j.Notify(beat(1, 7), at(10*time.Second)) {
		t.Error("a push does not count although a look has shown one")
	}
	tracks(t, j, beat(1, 7), 10*time.Second)
}

// A stream of pushes that overtakes every look is contradicted all the same: by the
// first of them, which was received before the look was sent.
func TestPushesThatOvertakeEveryLookAreContradicted(t *testing.T) {
	j := looked()
	for n := range int64(40) {
		j.Notify(beat(1, 10+n), at(2*time.Second+time.Duration(n)*50*time.Millisecond))
	}
	if !j.Observe(beat(1, 5), at(3*time.Second), at(4*time.Second)) {
		t.Error("the look did not overrule the pushes")
	}
	tracks(t, j, beat(1, 5), 4*time.Second)
	if j.Notify(beat(1, 99), at(5*time.Second)) {
		t.Error("another push counts")
	}
}

// A look that shows a later sign than what was pushed contradicts nothing.
func TestALaterLookContradictsNothing(t *testing.T) {
	j := looked()
	j.Notify(beat(1, 6), at(2*time.Second))
	j.Observe(beat(1, 8), at(3*time.Second), at(4*time.Second)) // the push of 7 was lost
	if !j.Notify(beat(1, 9), at(5*time.Second)) {
		t.Error("a push does not count although none was contradicted")
	}
	j.Observe(beat(1, 8), at(4*time.Second), at(6*time.Second)) // sent before the push
	if !j.Notify(beat(1, 10), at(7*time.Second)) {
		t.Error("a look that was sent before a push contradicts it")
	}
}

// Only pushes stand against looks: of two looks the later answer counts.
func TestLooksAreNotOvertakenByLooks(t *testing.T) {
	j := looked()
	j.Observe(beat(1, 7), at(2*time.Second), at(3*time.Second))
	if !j.Observe(beat(1, 6), at(2*time.Second), at(4*time.Second)) {
		t.Error("a look was ignored that no push overtook")
	}
	tracks(t, j, beat(1, 6), 4*time.Second)

	j = looked()
	j.Notify(beat(1, 6), at(3*time.Second))
	j.Observe(beat(1, 8), at(4*time.Second), at(5*time.Second)) // the push is history now
	if !j.Observe(beat(1, 7), at(2*time.Second), at(6*time.Second)) {
		t.Error("a look was ignored for a push that a look has overruled since")
	}
	tracks(t, j, beat(1, 7), 6*time.Second)
}

// After a look in vain, what was seen is no evidence any more.
func TestALookInVainForgets(t *testing.T) {
	j := looked()
	j.Notify(beat(1, 6), at(2*time.Second))
	j.ObserveAbsent(at(3 * time.Second))
	if _, known := j.Beat(); known {
		t.Error("a sign is known")
	}
	if silent, _ := j.Silent(at(time.Hour)); silent {
		t.Error("silent without a sign")
	}
	if j.Notify(beat(1, 7), at(4*time.Second)) {
		t.Error("a push counts although there is no sign")
	}
	if j.HeardFor(time.Hour, at(4*time.Second)) > 0 {
		t.Error("pushes count as heard")
	}
	if !j.Observe(beat(1, 6), at(5*time.Second), at(6*time.Second)) {
		t.Error("the old sign, seen anew, is not waited for anew")
	}
	tracks(t, j, beat(1, 6), 6*time.Second)
}

func TestHeardFor(t *testing.T) {
	j := looked()
	if d := j.HeardFor(4*time.Second, at(2*time.Second)); d > 0 {
		t.Errorf("heard for %v more, without a push", d)
	}
	j.Notify(beat(1, 6), at(3*time.Second))
	j.Notify(beat(1, 6), at(5*time.Second)) // doubled: does not count
	for now, want := range map[time.Duration]time.Duration{
		3 * time.Second: 4 * time.Second,
		6 * time.Second: time.Second,
		7 * time.Second: 0,
		9 * time.Second: -2 * time.Second,
	} {
		if d := j.HeardFor(4*time.Second, at(now)); d != want {
			t.Errorf("at %v heard for %v more, want %v", now, d, want)
		}
	}
}
