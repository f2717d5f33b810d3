package election

import (
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// decidedAt is when the decisions of these tests are made.
var decidedAt = heartbeat.Instant{Mono: time.Hour, Wall: 1000 * time.Hour}

// in is an instant after that, or before it.
func in(d time.Duration) heartbeat.Instant { return decidedAt.Add(d) }

// What is seen in these tests.
var (
	absent      = register.NewObservation(false, "")
	foreign     = register.NewObservation(true, "mylock")
	led         = showing(record.Led, 3*time.Second)
	draining    = showing(record.Draining, 3*time.Second)
	vacant      = showing(record.Vacant, 3*time.Second)
	quarantined = showing(record.Quarantined, 3*time.Second)
)

func showing(s record.Status, lease time.Duration) register.Observation {
	r := record.Record{Status: s, Term: 7, Lease: lease, Nonce: aNonce, ID: "-"}
	if s != record.Vacant {
		r.Holder = "z"
	}
	return register.NewObservation(true, r.String())
}

const soon = 100 * time.Millisecond

// decisions are what a candidate does, by what it sees and knows. The longest lease is 3 s
// if a row does not say otherwise.
var decisions = map[string]struct {
	seen register.Observation
	know knowledge
	want action
}{
	"absent, new to this process, to be led at once": {
		absent, knowledge{bootstrap: BootstrapImmediate}, action{act: actGrant},
	},
	"absent, new to this process": {
		absent, knowledge{bootstrap: BootstrapQuarantine}, action{act: actQuarantine},
	},
	"absent, there was a record": {
		absent, knowledge{bootstrap: BootstrapImmediate, everSeen: true}, action{act: actQuarantine},
	},
	"absent, whatever a former record had to be waited for": {
		absent, knowledge{turnBegins: in(soon), silenceEnds: in(soon)}, action{act: actQuarantine},
	},
	"absent during the cool-down": {
		absent, knowledge{bootstrap: BootstrapImmediate, coolDownEnds: in(5 * time.Second)}, waiting(5 * time.Second),
	},
	"absent for a single attempt during the cool-down": {
		absent, knowledge{bootstrap: BootstrapImmediate, single: true, coolDownEnds: in(5 * time.Second)}, action{act: actGrant},
	},

	"vacant": {
		vacant, knowledge{}, action{act: actGrant},
	},
	"vacant, others have their turn first": {
		vacant, knowledge{turnBegins: in(soon)}, waiting(soon),
	},
	"vacant, the turn begins now": {
		vacant, knowledge{turnBegins: in(0)}, action{act: actGrant},
	},
	"vacant, whatever the silence": {
		vacant, knowledge{silenceEnds: in(time.Second)}, action{act: actGrant},
	},
	"vacant, whatever the longest lease": {
		vacant, knowledge{longestLease: time.Minute}, action{act: actGrant},
	},
	"vacant during the cool-down": {
		vacant, knowledge{coolDownEnds: in(time.Nanosecond)}, waiting(time.Nanosecond),
	},
	"vacant at the end of the cool-down": {
		vacant, knowledge{coolDownEnds: in(0)}, action{act: actGrant},
	},
	"vacant during the longest cool-down": {
		vacant, knowledge{coolDownEnds: in(heartbeat.MaxLease)}, waiting(heartbeat.MaxLease),
	},
	"vacant for a single attempt during the cool-down": {
		vacant, knowledge{single: true, coolDownEnds: in(5 * time.Second)}, action{act: actGrant},
	},
	"vacant, the turn of others during the cool-down": {
		vacant, knowledge{turnBegins: in(soon), coolDownEnds: in(time.Second)}, waiting(time.Second),
	},

	"led": {
		led, knowledge{silenceEnds: in(2 * time.Second)}, waiting(2 * time.Second),
	},
	"led, and silent for long enough": {
		led, knowledge{silenceEnds: in(0)}, action{act: actGrant},
	},
	"led, and silent almost for long enough": {
		led, knowledge{silenceEnds: in(time.Nanosecond)}, waiting(time.Nanosecond),
	},
	"led, and silent during the cool-down": {
		led, knowledge{silenceEnds: in(-time.Second), coolDownEnds: in(5 * time.Second)}, waiting(5 * time.Second),
	},
	"led, a single attempt": {
		led, knowledge{single: true, silenceEnds: in(2 * time.Second)}, waiting(2 * time.Second),
	},
	"led, whatever the longest lease": {
		led, knowledge{silenceEnds: in(2 * time.Second), longestLease: time.Minute}, waiting(2 * time.Second),
	},
	"led, whatever turn there was": {
		led, knowledge{silenceEnds: in(0), turnBegins: in(time.Second)}, action{act: actGrant},
	},
	"draining": {
		draining, knowledge{silenceEnds: in(2 * time.Second)}, waiting(2 * time.Second),
	},
	"draining, and silent for long enough": {
		draining, knowledge{silenceEnds: in(0)}, action{act: actGrant},
	},

	"quarantined": {
		quarantined, knowledge{silenceEnds: in(2 * time.Second)}, waiting(2 * time.Second),
	},
	"quarantined for long enough": {
		quarantined, knowledge{silenceEnds: in(0)}, action{act: actGrant},
	},
	"quarantined for less than the longest lease": {
		quarantined, knowledge{silenceEnds: in(2 * time.Second), longestLease: 3*time.Second + time.Millisecond}, action{act: actLengthen},
	},
	"quarantined for long enough, and for less than the longest lease": {
		quarantined, knowledge{silenceEnds: in(0), longestLease: 3*time.Second + time.Millisecond}, action{act: actLengthen},
	},
	"quarantined for more than the longest lease": {
		quarantined, knowledge{silenceEnds: in(2 * time.Second), longestLease: time.Second}, waiting(2 * time.Second),
	},
	"quarantined during the cool-down": {
		quarantined, knowledge{silenceEnds: in(2 * time.Second), longestLease: time.Minute, coolDownEnds: in(time.Second)}, waiting(time.Second),
	},

	"led by a former term of our own": {
		led, knowledge{former: led.Rec.Grant(), silenceEnds: in(2 * time.Second)}, action{act: actVacate},
	},
	"draining by a former term of our own": {
		draining, knowledge{former: draining.Rec.Grant(), silenceEnds: in(2 * time.Second)}, action{act: actVacate},
	},
	"led by a former term of our own during the cool-down": {
		led, knowledge{former: led.Rec.Grant(), coolDownEnds: in(time.Second)}, action{act: actVacate},
	},
	"led by another term than our former": {
		led, knowledge{former: record.Grant{Term: 6, Nonce: aNonce}, silenceEnds: in(2 * time.Second)}, waiting(2 * time.Second),
	},
	"vacated by a former term of our own": {
		vacant, knowledge{former: vacant.Rec.Grant()}, action{act: actGrant},
	},

	"no record of an election": {
		foreign, knowledge{}, action{act: actRefuse},
	},
	"no record of an election during the cool-down": {
		foreign, knowledge{coolDownEnds: in(time.Second)}, action{act: actRefuse},
	},

	"decided: led": {
		led, knowledge{single: true, decided: ErrHeld, silenceEnds: in(2 * time.Second)}, action{act: actStop},
	},
	"decided: silent": {
		led, knowledge{single: true, decided: ErrHeld}, action{act: actStop},
	},
	"decided: vacant, it was granted too late": {
		vacant, knowledge{single: true, decided: ErrUnavailable}, action{act: actStop},
	},
	"decided: absent": {
		absent, knowledge{single: true, decided: ErrHeld, bootstrap: BootstrapImmediate}, action{act: actStop},
	},
	"decided: a former term of our own": {
		led, knowledge{single: true, decided: ErrUnavailable, former: led.Rec.Grant()}, action{act: actStop},
	},
	"decided: during the cool-down": {
		vacant, knowledge{single: true, decided: ErrUnavailable, coolDownEnds: in(time.Second)}, action{act: actStop},
	},
}

func waiting(d time.Duration) action { return action{act: actWait, wait: d} }

func TestDecide(t *testing.T) {
	for name, row := range decisions {
		if row.know.longestLease == 0 {
			row.know.longestLease = 3 * time.Second
		}
		if got := decide(row.seen, row.know, decidedAt); got != row.want {
			t.Errorf("%s: %+v, want %+v", name, got, row.want)
		}
	}
}
