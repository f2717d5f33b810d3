package succession

import (
	"fmt"
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
)

// The list is a hint: it is bounded, and what is old or odd is not used.
func TestWaitlist(t *testing.T) {
	at := func(d time.Duration) heartbeat.Instant { return heartbeat.Instant{}.Add(time.Hour + d) }
	var r Waitlist
	r.Add("c", time.Second, at(0))
	r.Add("b", time.Minute, at(0))
	r.Add("a", time.Minute, at(0))
	r.Add("d", time.Hour, at(-time.Minute))
	if got := r.First(time.Second, at(time.Second)); fmt.Sprint(got) != "[a b c]" {
		t.Errorf("heirs %v", got)
	}
	r.Add("e", time.Hour, at(0))
	if got := r.First(time.Second, at(time.Second)); fmt.Sprint(got) != "[e a b]" {
		t.Errorf("heirs %v", got)
	}
	if got := r.First(time.Second, at(2*time.Second)); len(got) != 0 {
		t.Errorf("heirs %v that were silent", got)
	}
	for i := range 2 * maxWaiters {
		r.Add(fmt.Sprint(i), 0, at(0))
	}
	r.Add("alive", 0, at(time.Hour)) // those who have gone make room
	if got := r.First(time.Second, at(time.Hour)); len(r.waiters) != maxWaiters || fmt.Sprint(got) != "[alive]" {
		t.Errorf("%d waiters are listed, heirs %v", len(r.waiters), got)
	}
}

// FuzzAnnouncement reads what anybody may tell a leader: it is what a candidate
// writes, or nothing.
func FuzzAnnouncement(f *testing.F) {
	f.Add("waits AAAABBBBCCCCDDDD 1500")
	f.Add("waits AAAABBBBCCCCDDDD -1")
	f.Add("waits AAAABBBBCCCCDDDD 99999999999999999999")
	f.Add("waits AAAABBBBCCCCDDD\n 0")
	f.Add("waits ")
	f.Add("steps down")
	f.Fuzz(func(t *testing.T, text string) {
		token, waited, ok := ParseAnnouncement(text)
		if !ok {
			if token != "" || waited != 0 {
				t.Errorf("%q was read as %q, %v", text, token, waited)
			}
			return
		}
		if again := announcement(token, waited); again != text {
			t.Errorf("%q was read, %q written", text, again)
		}
		var r Waitlist
		r.Add(token, waited, heartbeat.Instant{})
		if heirs := r.First(time.Second, heartbeat.Instant{}); len(heirs) != 1 || heirs[0] != token {
			t.Errorf("%q has heirs %q", text, heirs)
		}
	})
}
