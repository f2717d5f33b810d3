package election

// Shows S9: a notification that says nothing new wakes nobody.

import (
	"testing"
	"time"

	"example.com/incumbent/internal/pubsub"
	"example.com/incumbent/internal/record"
)

// A beat of the leader that is followed wakes nobody; everything else does, and a
// beat is there when somebody looks.
func TestBeatsOfTheKnownLeaderWakeNobody(t *testing.T) {
	led := record.Record{Status: record.Led, Term: 7, Beat: 1, Lease: time.Second, Holder: "a", Nonce: record.NewNonce(), ID: "-"}
	other := record.Record{Status: led.Status, Term: 8, Lease: time.Second, Holder: "b", Nonce: record.NewNonce(), ID: "-"}
	for name, tc := range map[string]struct {
		expect record.Grant
		push   record.Record
		wakes  bool
	}{
		"a beat of the leader":                {led.Grant(), led.Next(led.Status), false},
		"a beat when nobody is known to lead": {record.Grant{}, led.Next(led.Status), true},
		"a successor":                         {led.Grant(), other, true},
		"a release":                           {led.Grant(), led.Next(record.Vacant), true},
		"another pause":                       {led.Grant(), led.Steered(led.Status).WithPause(record.Pause{Paused: true}), true},
		"a request to step down":              {led.Grant(), led.Next(record.Draining), true},
	} {
		t.Run(name, func(t *testing.T) {
			m := newInbox()
			m.take()
			m.ignoreBeatsOf(tc.expect, record.Pause{})
			m.onRecord(pubsub.Message{Text: tc.push.String()})
			if woken := len(m.wake) > 0; woken != tc.wakes {
				t.Errorf("woken: %v, want %v", woken, tc.wakes)
			}
			if p, pushed, _ := m.take(); !pushed || p.seen.Bytes != tc.push.String() {
				t.Errorf("kept %v %q", pushed, p.seen.Bytes)
			}
		})
	}
}
