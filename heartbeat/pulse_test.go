package heartbeat_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
)

// At a lease of 15 s: trust 9 s, grace 3 s, a beat every 2 s, retries every 500 ms.
var timing15 = heartbeat.ForLease(15 * time.Second)

func ExamplePulse() {
	start := heartbeat.Instant{}
	pulse := heartbeat.NewPulse(heartbeat.ForLease(15*time.Second), start, 0)
	fmt.Println("next beat at", pulse.Next().Mono)

	sent := start.Add(2 * time.Second)
	answered := sent.Add(time.Second)
	pulse.Confirm(sent, answered, 0)
	fmt.Println("trust left when it was answered:", pulse.Trust(answered))

	silence := sent.Add(9 * time.Second)
	fmt.Println("expired after 9 s without another:", pulse.Expire(silence))
	fmt.Println("grace left:", pulse.Grace(silence))
	// Output:
	// next beat at 2s
	// trust left when it was answered: 8s
	// expired after 9 s without another: true
	// grace left: 3s
}

func TestTrustCountsFromTheFirstSend(t *testing.T) {
	p := heartbeat.NewPulse(timing15, at(10*time.Second), 0)
	if left := p.Trust(at(12 * time.Second)); left != 7*time.Second {
		t.Errorf("2 s after the first send %v of trust are left, want 7s", left)
	}
	p.Confirm(at(12*time.Second), at(16*time.Second), 0) // the answer took 4 s
	if p.Anchor() != at(12*time.Second) {
		t.Errorf("anchored at %v, want the send", p.Anchor())
	}
	if left := p.Trust(at(16 * time.Second)); left != 5*time.Second {
		t.Errorf("at the answer %v of trust are left, want 5s", left)
	}
}

func TestAnOlderConfirmationMovesNothingBack(t *testing.T) {
	p := heartbeat.NewPulse(timing15, at(0), 0)
	p.Confirm(at(4*time.Second), at(5*time.Second), 0)
	p.Confirm(at(2*time.Second), at(6*time.Second), 0)
	if p.Anchor() != at(4*time.Second) || p.Next() != at(6*time.Second) {
		t.Errorf("anchor %v, next %v; want 4s and 6s", p.Anchor(), p.Next())
	}
}

func TestJitterOnlyShortensTheBeat(t *testing.T) {
	for _, c := range []struct {
		jitter float64
		want   time.Duration
	}{{0, 2000 * time.Millisecond}, {0.5, 1900 * time.Millisecond}, {1, 1800 * time.Millisecond}} {
		p := heartbeat.NewPulse(timing15, at(0), c.jitter)
		if got := p.Next(); got != at(c.want) {
			t.Errorf("jitter %v: first beat at %v, want %v", c.jitter, got, c.want)
		}
		p.Confirm(at(2*time.Second), at(2*time.Second), c.jitter)
		if got := p.Next(); got != at(2*time.Second+c.want) {
			t.Errorf("jitter %v: next beat at %v, want %v", c.jitter, got, 2*time.Second+c.want)
		}
	}
	random := seeded(t)
	for range 10_000 {
		timing := heartbeat.ForLease(randomLease(random))
		next := heartbeat.NewPulse(timing, at(0), random.Float64()).Next().Mono
		if next > timing.Beat || next < timing.Beat*9/10 {
			t.Fatalf("lease %v: beat after %v, want 0.9 to 1 times %v", timing.Lease, next, timing.Beat)
		}
	}
}

func TestALateAnswerMakesTheNextBeatDueAtOnce(t *testing.T) {
	p := heartbeat.NewPulse(timing15, at(0), 0)
	p.Confirm(at(2*time.Second), at(4*time.Second), 0)
	if !p.Due(at(4 * time.Second)) {
		t.Error("the answer came a beat after its send, and no beat is due")
	}
	p.Confirm(at(4*time.Second), at(4*time.Second+time.Millisecond), 0)
	if p.Due(at(5999*time.Millisecond)) || !p.Due(at(6*time.Second)) {
		t.Errorf("next beat is due at %v, want 6s", p.Next())
	}
}

func TestFailedAttemptsAreRepeatedSoon(t *testing.T) {
	p := heartbeat.NewPulse(timing15, at(0), 0)
	p.Fail(at(2 * time.Second))
	if p.Due(at(2499*time.Millisecond)) || !p.Due(at(2500*time.Millisecond)) {
		t.Errorf("retry is due at %v, want 2.5s", p.Next())
	}
	if p.Anchor() != at(0) {
		t.Error("a failed attempt moved the anchor")
	}
}

func TestHurry(t *testing.T) {
	p := heartbeat.NewPulse(timing15, at(0), 0)
	p.Hurry(at(time.Second))
	if !p.Due(at(time.Second)) {
		t.Error("not due after Hurry")
	}
}

// Beats are paced by the monotonic clock alone.
func TestAWallClockThatIsSetCausesNoStorm(t *testing.T) {
	p := heartbeat.NewPulse(timing15, at(0), 0)
	if p.Due(clocks(time.Second, time.Hour)) {
		t.Error("due because the wall clock was set forward")
	}
	if !p.Due(clocks(2*time.Second, -time.Hour)) {
		t.Error("not due because the wall clock was set back")
	}
}

// Any clock that says "over" wins.
func TestEitherClockEndsTrust(t *testing.T) {
	for name, c := range map[string]struct {
		now  heartbeat.Instant
		over bool
		left time.Duration
	}{
		"in time":                       {at(9*time.Second - 1), false, 1},
		"at the end":                    {at(9 * time.Second), true, 0},
		"after it":                      {at(9*time.Second + 1), true, -1},
		"monotonic clock stands still":  {clocks(0, 9*time.Second), true, 0},
		"wall clock stands still":       {clocks(9*time.Second, 0), true, 0},
		"wall clock set back":           {clocks(9*time.Second-1, -time.Hour), false, 1},
		"wall clock set forward":        {clocks(1, time.Hour), true, 9*time.Second - time.Hour},
		"both nearly":                   {clocks(9*time.Second-1, 9*time.Second-1), false, 1},
		"suspended for the whole night": {clocks(time.Second, 8*time.Hour), true, 9*time.Second - 8*time.Hour},
	} {
		p := heartbeat.NewPulse(timing15, at(0), 0)
		if left := p.Trust(c.now); left != c.left {
			t.Errorf("%s: %v of trust left, want %v", name, left, c.left)
		}
		if over := p.Expire(c.now); over != c.over {
			t.Errorf("%s: expired %v, want %v", name, over, c.over)
		}
		if left := p.Trust(c.now); c.over && left != 0 {
			t.Errorf("%s: %v of trust left after its end", name, left)
		}
	}
}

func TestALateConfirmationRevivesNothing(t *testing.T) {
	p := heartbeat.NewPulse(timing15, at(0), 0)
	p.Confirm(at(8*time.Second), at(9*time.Second), 0) // sent in time, answered when trust was over
	if !p.Expire(at(9 * time.Second)) {
		t.Error("an answer that came when trust had ended revived it")
	}
	p.Confirm(at(10*time.Second), at(10*time.Second), 0)
	now := at(10 * time.Second)
	if !p.Expire(now) || p.Trust(now) > 0 {
		t.Error("a beat after the end of trust revived it")
	}
	if left := p.Grace(now); left != 2*time.Second {
		t.Errorf("%v of grace left, want 2s: it counts from the end of trust", left)
	}
	if p.Anchor() != at(10*time.Second) || p.Next() != at(12*time.Second) {
		t.Errorf("anchor %v, next %v: beats go on after the end of trust", p.Anchor(), p.Next())
	}
}

// The grace counts from the moment at which trust ended, not from the one at
// which that was noticed.
func TestGraceCountsFromTheEndOfTrust(t *testing.T) {
	p := heartbeat.NewPulse(timing15, at(0), 0)
	for _, c := range []struct{ now, left time.Duration }{
		{0, 12 * time.Second}, // trust and grace
		{8 * time.Second, 4 * time.Second},
	} {
		if left := p.Grace(at(c.now)); left != c.left {
			t.Errorf("before the end, at %v: %v left, want %v", c.now, left, c.left)
		}
	}
	if !p.Expire(at(11 * time.Second)) { // noticed 2 s late
		t.Fatal("not expired")
	}
	if left := p.Grace(at(11 * time.Second)); left != time.Second {
		t.Errorf("%v of grace left when that was noticed 2 s late, want 1s", left)
	}
	if left := p.Grace(at(14 * time.Second)); left != -2*time.Second {
		t.Errorf("grace left %v, want -2s: so late is the work", left)
	}
	if left := p.Grace(clocks(9*time.Second, 12500*time.Millisecond)); left != -500*time.Millisecond {
		t.Errorf("grace left %v by the wall clock, want -500ms", left)
	}
}

func TestEnd(t *testing.T) {
	for name, c := range map[string]struct {
		lost  time.Duration // when the loss was noticed
		taken bool
		now   time.Duration
		left  time.Duration
	}{
		"lost, grace from then":            {2 * time.Second, false, 2 * time.Second, 3 * time.Second},
		"a while later":                    {2 * time.Second, false, 4 * time.Second, time.Second},
		"just before the end of trust":     {9*time.Second - 1, false, 9*time.Second - 1, 3 * time.Second},
		"lost when trust was over already": {10 * time.Second, false, 10 * time.Second, 2 * time.Second},
		"taken, no grace":                  {2 * time.Second, true, 2 * time.Second, 0},
		"taken, late work":                 {2 * time.Second, true, 3 * time.Second, -time.Second},
		"taken in the midst of the grace":  {10 * time.Second, true, 10 * time.Second, 0},
		"taken after the grace":            {13 * time.Second, true, 13 * time.Second, -time.Second},
	} {
		p := heartbeat.NewPulse(timing15, at(0), 0)
		p.End(at(c.lost), c.taken)
		if !p.Expire(at(c.lost)) || p.Trust(at(c.now)) > 0 {
			t.Errorf("%s: trust goes on", name)
		}
		if left := p.Grace(at(c.now)); left != c.left {
			t.Errorf("%s: %v of grace left, want %v", name, left, c.left)
		}
	}
}

// A loss, or a second one, never gives work more time than it had.
func TestEndingAgainOnlyShortens(t *testing.T) {
	random := seeded(t)
	for range 20_000 {
		p := heartbeat.NewPulse(timing15, at(0), random.Float64())
		now := heartbeat.Instant{}
		for range 8 {
			now = clocks(now.Mono+time.Duration(random.Int64N(int64(3*time.Second))), now.Wall+time.Duration(random.Int64N(int64(3*time.Second))))
			before, wasOver := p.Grace(now), p.Trust(now) <= 0
			switch random.IntN(5) {
			case 0:
				p.End(now, false)
			case 1:
				p.End(now, true)
				before = min(before, 0)
			case 2:
				p.Expire(now)
			case 3:
				p.Fail(now)
			case 4:
				if !wasOver {
					continue // a confirmation in time gives more time, of course
				}
				p.Confirm(now, now, random.Float64())
			}
			if after := p.Grace(now); after > before {
				t.Fatalf("at %v the time that is left grew from %v to %v", now, before, after)
			}
			if wasOver && p.Trust(now) > 0 {
				t.Fatalf("at %v trust came back", now)
			}
		}
	}
}

// Two lost beats in a row are survived, with every attempt as late as it may be.
func TestTwoLostBeatsAreSurvived(t *testing.T) {
	random := seeded(t)
	for range 100 {
		timing := heartbeat.ForLease(randomLease(random))
		p := heartbeat.NewPulse(timing, at(0), 0)
		first := p.Next()
		lost := 0
		for now := first; now.Mono <= timing.Trust-timing.Attempt; now = p.Next() {
			p.Fail(now)
			lost++
		}
		if lost < 2 {
			t.Fatalf("lease %v: %d attempts may fail", timing.Lease, lost)
		}
		if answered := at(3*timing.Beat + timing.Attempt); p.Trust(answered) < 0 || p.Expire(answered.Add(-1)) {
			t.Fatalf("lease %v: expired before the third beat was answered", timing.Lease)
		}
	}
}

func TestGraceOfZero(t *testing.T) {
	timing := timing15
	timing.Grace = 0
	p := heartbeat.NewPulse(timing, at(0), 0)
	p.End(at(time.Second), false)
	if left := p.Grace(at(time.Second)); left != 0 {
		t.Errorf("%v of no grace left", left)
	}
}

// Clocks that start anywhere make no difference.
func TestTheOriginOfTheClocksDoesNotMatter(t *testing.T) {
	for _, origin := range []heartbeat.Instant{{}, clocks(-time.Hour, 0), clocks(0, time.Duration(math.MaxInt64)-time.Hour)} {
		p := heartbeat.NewPulse(timing15, origin, 0.5)
		if p.Expire(origin.Add(9*time.Second - 1)) {
			t.Errorf("origin %v: expired early", origin)
		}
		if !p.Expire(origin.Add(9*time.Second)) || p.Grace(origin.Add(10*time.Second)) != 2*time.Second {
			t.Errorf("origin %v: did not expire as from zero", origin)
		}
	}
}
