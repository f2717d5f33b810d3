package second

import (
	"time"

	"example.com/incumbent/verification/sim/check"
)

// answer is what a process was shown.
type answer struct {
	check.State
	at time.Duration
}

// noteRelease keeps each send of a release of a term of one's own, repeated or not.
func (s *story) noteRelease(p *process, at time.Duration, ev check.Sent) {
	t := s.tenures[ownerOf(ev.Next)]
	if t != nil && t.process == p && operationOf(ev.Expect, ev.Next) == release {
		if len(t.releases) == 0 {
			t.tries = t.real(p.settings.Release + 2*max(250*time.Millisecond, t.lease/10))
		}
		t.releases = append(t.releases, at)
	}
}

// judgeFormers has nobody release what is left of a term that it gave up, if an answer
// has shown it anything else than the held record of that term since it began to. A
// release that is tried again and again does not ask what others were answered.
func (s *story) judgeFormers() {
	for own, t := range s.tenures {
		if len(t.releases) == 0 {
			continue
		}
		began := t.releases[0]
		other, found := t.firstOther(own, began)
		for _, at := range t.releases {
			if found && at > began+t.tries+t.held(began, began, at) && at > other.at+10*time.Millisecond+t.held(other.at, other.at, at) {
				s.violate(Release, at, "p%d releases what is left of term %d, and was shown %v at %v", t.number, own.term, other.State, other.at)
				break
			}
		}
	}
}

// firstOther is the first answer since then that shows anything but a held record of
// that owner.
func (p *process) firstOther(own owner, since time.Duration) (answer, bool) {
	for _, a := range p.answers {
		if a.at >= since && (!a.Held() || ownerOf(a.State) != own) {
			return a, true
		}
	}
	return answer{}, false
}
