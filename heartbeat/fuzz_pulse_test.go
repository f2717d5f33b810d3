package heartbeat_test

import (
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
)

// FuzzPulse reads its input as what happens to a beating side: time passes on
// both clocks, not always the same; beats are sent, confirmed late, twice or
// never; the record is lost. Work must never be let run beyond trust and grace
// from the first send of the last sign that was confirmed in time.
func FuzzPulse(f *testing.F) {
	f.Add([]byte("tbcttbcttttttttt"))   // two beats, then none
	f.Add([]byte("tbtttttttttctt"))     // confirmed too late
	f.Add([]byte("tttttbtttttttttct"))  // the same, of a beat that would still be trusted
	f.Add([]byte("tbtbtCcttttttt"))     // confirmations out of order
	f.Add([]byte("ttttttttttttttttnt")) // the end is noticed late
	f.Add([]byte("tbctEttttOtttt"))     // lost, then taken
	f.Add([]byte("ttttttttttOttEttt"))  // taken within the grace
	f.Add([]byte("tbcwtttttttt"))       // the wall clock is set forward
	f.Add([]byte("tbcWtttttttttttt"))   // and back
	f.Add([]byte("tbxtxtxttxttbcttt"))  // failures
	f.Fuzz(func(t *testing.T, script []byte) {
		d := newDuty(t)
		for _, b := range script[:min(len(script), 500)] {
			d.act(b)
			d.verify()
		}
	})
}

// duty is a pulse and what bounds it.
type duty struct {
	t     *testing.T
	pulse *heartbeat.Pulse
	now   heartbeat.Instant
	sends []heartbeat.Instant

	latest heartbeat.Instant // of all sends that were confirmed
	timely heartbeat.Instant // of those confirmed while trust lasted
	over   bool              // trust was seen to end
	bounds []time.Duration   // by which work has to end, on the monotonic clock
}

func newDuty(t *testing.T) *duty {
	return &duty{t: t, pulse: heartbeat.NewPulse(timing15, at(0), 0)}
}

func (d *duty) act(b byte) {
	vary := time.Duration(b >> 5)
	switch b {
	case 't', 'w', 'W', 'b', 'c', 'C', 'x', 'E', 'O', 'n', 'h':
		d.do(b, 0)
	default:
		d.do("twWbcCxEOnh"[int(b)%11], vary)
	}
}

func (d *duty) do(what byte, vary time.Duration) {
	switch what {
	case 't':
		d.now = d.now.Add((1 + vary) * 700 * time.Millisecond)
	case 'w':
		d.now.Wall += (1 + vary) * 2 * time.Second
	case 'W':
		if !d.over { // later it would lengthen the grace, within trust and grace
			d.now.Wall -= (1 + vary) * 2 * time.Second
		}
	case 'b':
		d.sends = append(d.sends, d.now)
	case 'c', 'C':
		d.confirm(what == 'C', float64(vary)/7)
	case 'x':
		d.pulse.Fail(d.now)
		if next := d.pulse.Next(); next != d.now.Add(timing15.Retry()) || d.pulse.Due(d.now) {
			d.t.Fatalf("%v: after a failure the next attempt is due at %v", d.now, next)
		}
	case 'E', 'O':
		d.end(what == 'O')
	case 'n':
		d.notice()
	case 'h':
		if d.pulse.Hurry(d.now); !d.pulse.Due(d.now) {
			d.t.Fatalf("%v: hurried, and not due", d.now)
		}
	}
}

// confirm has the oldest or the newest send confirmed; it may be so again.
func (d *duty) confirm(newest bool, jitter float64) {
	if len(d.sends) == 0 {
		return
	}
	sent := d.sends[0]
	if newest {
		sent = d.sends[len(d.sends)-1]
	}
	d.expect()
	if d.pulse.Confirm(sent, d.now, jitter); sent.Mono > d.latest.Mono {
		d.latest = sent
	}
	if !d.over {
		d.timely = d.latest
	}
	due := d.pulse.Next().Mono - d.latest.Mono
	if d.pulse.Anchor() != d.latest || due > timing15.Beat || due < timing15.Beat*9/10 {
		d.t.Fatalf("%v: anchored at %v, want %v; next beat %v later", d.now, d.pulse.Anchor(), d.latest, due)
	}
}

// expect notes the end of trust, if either clock says so.
func (d *duty) expect() {
	if !d.over && heartbeat.Elapsed(d.timely, d.now) >= timing15.Trust {
		d.over = true
	}
}

func (d *duty) notice() {
	if d.expect(); d.pulse.Expire(d.now) != d.over {
		d.t.Fatalf("%v: trust is over: %v, want %v", d.now, !d.over, d.over)
	}
}

func (d *duty) end(taken bool) {
	before := d.pulse.Grace(d.now)
	d.pulse.End(d.now, taken)
	d.over = true
	d.bounds = append(d.bounds, d.now.Mono+timing15.Grace)
	if taken {
		d.bounds = append(d.bounds, d.now.Mono)
	}
	if after := d.pulse.Grace(d.now); after > before {
		d.t.Fatalf("%v: the end gave work more time: %v, then %v", d.now, before, after)
	}
}

// verify checks what must hold at every moment.
func (d *duty) verify() {
	trust, grace := d.pulse.Trust(d.now), d.pulse.Grace(d.now)
	if d.over && trust > 0 {
		d.t.Fatalf("%v: trust came back: %v", d.now, trust)
	}
	if passed := heartbeat.Elapsed(d.timely, d.now); trust > 0 && trust != timing15.Trust-passed || !d.over && trust <= 0 && passed < timing15.Trust {
		d.t.Fatalf("%v: %v of trust left, %v after the send", d.now, trust, passed)
	}
	if most := timing15.Trust + timing15.Grace - heartbeat.Elapsed(d.timely, d.now); grace > most {
		d.t.Fatalf("%v: work has %v left, trust and grace since the send leave %v", d.now, grace, most)
	}
	for _, b := range d.bounds {
		if most := b - d.now.Mono; grace > most {
			d.t.Fatalf("%v: work has %v left, the end leaves %v", d.now, grace, most)
		}
	}
}
