package election

import (
	"testing"
	"time"
)

// A beat of the leader that is followed wakes nobody; everything else does, and a
// beat is there when somebody looks.
func TestBeatsOfTheKnownLeaderWakeNobody(t *testing.T) {
	led := record{status: led, term: 7, beat: 1, lease: time.Second, holder: "a", nonce: newNonce(), id: "-"}
	other := record{status: led.status, term: 8, lease: time.Second, holder: "b", nonce: newNonce(), id: "-"}
	for name, tc := range map[string]struct {
		expect owner
		push   record
		wakes  bool
	}{
		"a beat of the leader":                {led.owner(), led.next(led.status), false},
		"a beat when nobody is known to lead": {owner{}, led.next(led.status), true},
		"a successor":                         {led.owner(), other, true},
		"a release":                           {led.owner(), led.next(vacant), true},
		"a request to step down":              {led.owner(), led.next(draining), true},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMailbox()
			m.take()
			m.expect(tc.expect)
			m.hear(message{text: tc.push.String()})
			if woken := len(m.wake) > 0; woken != tc.wakes {
				t.Errorf("woken: %v, want %v", woken, tc.wakes)
			}
			if p, pushed, _ := m.take(); !pushed || p.bytes != tc.push.String() {
				t.Errorf("kept %v %q", pushed, p.bytes)
			}
		})
	}
}
