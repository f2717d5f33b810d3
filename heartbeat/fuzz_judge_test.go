package heartbeat_test

import (
	"fmt"
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
)

// FuzzJudge reads its input as a play between a source, a network and a judge:
// the source shows signs, or none; looks and pushes are delayed, doubled, lost
// and mixed up, and somebody pushes what was never shown. The judge must call no
// sign silent that the source has shown for less than its lease.
func FuzzJudge(f *testing.F) {
	f.Add([]byte("sLRAtttttt"))              // shown, looked at, silence
	f.Add([]byte("sLRAtspttqtt"))            // a push, and an old one again
	f.Add([]byte("sLRAstLpRtAtttttt"))       // a look that a push overtakes
	f.Add([]byte("sLRAfttttttLRAttttt"))     // a forged push
	f.Add([]byte("sLRA\x88tLRA\x88tsLRApt")) // and pushes after one that a look has contradicted
	f.Add([]byte("sLRAtvLRAtesLRAttttttt"))  // forgotten, and another epoch
	f.Add([]byte("sLLRRsLRttAAAtttttttt"))   // answers out of order
	f.Fuzz(func(t *testing.T, script []byte) {
		p := &play{t: t, byBytes: map[string]time.Duration{}}
		for _, b := range script[:min(len(script), 500)] {
			p.act(b)
			p.verify()
		}
	})
}

// play is what goes on around a judge. All of it is on the judge's clock.
type play struct {
	t     *testing.T
	judge heartbeat.Judge
	now   time.Duration

	history []heartbeat.Beat
	present bool
	byBytes map[string]time.Duration // since when each sign of the history was shown
	looks   []glance

	counted []arrived // pushes that counted since the last look in vain
	deaf    bool      // a look has contradicted one
	ignored string    // the last that did not count for that
}

// arrived is a push and when it was received.
type arrived struct {
	heartbeat.Beat

	at time.Duration
}

// glance is a look under way.
type glance struct {
	sent time.Duration
	read bool
	sign heartbeat.Beat
	none bool
}

// act does what a byte says; the letters of the seeds are the plain cases, and
// the upper bits of others vary them.
func (p *play) act(b byte) {
	vary := int(b >> 5)
	switch b {
	case 's', 'e', 'v', 'L', 'R', 'A', 'p', 'q', 'f', 't':
		p.do(b, 0)
	default:
		p.do("sevLRApqft"[int(b)%10], vary)
	}
}

func (p *play) do(what byte, vary int) {
	switch what {
	case 't':
		p.now += time.Duration(1+vary) * 700 * time.Millisecond
	case 's':
		p.show(0, time.Duration(1+vary)*time.Second)
	case 'e':
		p.show(1+int64(vary), 2*time.Second)
	case 'v':
		p.present = false
	case 'L':
		p.looks = append(p.looks, glance{sent: p.now})
	case 'R':
		p.read(vary)
	case 'A':
		p.answer(vary)
	case 'p':
		p.push(len(p.history) - 1)
	case 'q':
		p.push(len(p.history) - 2 - vary)
	case 'f':
		s := heartbeat.Beat{Bytes: fmt.Sprint("forged ", vary), Term: int64(vary), Count: int64(1 + vary*vary), Lease: time.Duration(vary) * time.Second}
		p.pushed(s)
	}
}

// show has the source show another sign; with a new epoch, its lease may differ.
func (p *play) show(epochs int64, lease time.Duration) {
	p.now++ // two signs are never shown at the same instant
	next := heartbeat.Beat{Term: 1, Lease: lease}
	if n := len(p.history); n > 0 {
		last := p.history[n-1]
		next = heartbeat.Beat{Term: last.Term, Count: last.Count + 1, Lease: last.Lease}
		if epochs > 0 {
			next = heartbeat.Beat{Term: last.Term + epochs, Lease: lease}
		}
	}
	next.Bytes = fmt.Sprint(next.Term, " ", next.Count)
	p.history, p.present = append(p.history, next), true
	p.byBytes[next.Bytes] = p.now
}

// read has a look that is under way reach the source.
func (p *play) read(n int) {
	for i := range p.looks {
		if g := &p.looks[i]; !g.read && i >= n {
			g.read, g.none = true, !p.present
			if p.present {
				g.sign = p.history[len(p.history)-1]
			}
			return
		}
	}
}

// answer has the answer to a look reach the judge.
func (p *play) answer(n int) {
	for i, g := range p.looks {
		if !g.read || i < n {
			continue
		}
		p.looks = append(p.looks[:i:i], p.looks[i+1:]...)
		if g.none {
			p.judge.ObserveAbsent(at(p.now))
			p.counted, p.deaf, p.ignored = nil, false, ""
			if _, known := p.judge.Beat(); known {
				p.t.Fatalf("%v: a sign is tracked after a look in vain", p.now)
			}
			return
		}
		p.looked(g)
		return
	}
}

// after says whether a sign comes after another.
func after(s, o heartbeat.Beat) bool {
	return s.Term > o.Term || s.Term == o.Term && s.Count > o.Count
}

// contradicts says whether a look shows neither a push that was received before it was
// sent nor anything later. Only the first counts, for the last of the others may
// overtake the look.
func (p *play) contradicts(g glance) bool {
	if len(p.counted) == 0 || p.counted[0].at > g.sent {
		return false
	}
	first, last := p.counted[0], p.counted[len(p.counted)-1]
	p.counted = nil
	if s, known := p.judge.Beat(); known && s == last.Beat && last.at > g.sent {
		p.counted = []arrived{last}
	}
	return g.sign.Bytes != first.Bytes && !after(g.sign, first.Beat)
}

func (p *play) looked(g glance) {
	before, _ := p.judge.Beat()
	contradicts := p.contradicts(g)
	defer func() {
		switch {
		case before.Bytes == g.sign.Bytes:
		case contradicts:
			p.deaf, p.counted = true, nil
			if s, _ := p.judge.Beat(); s != g.sign {
				p.t.Fatalf("%v: a look contradicts a push, and %v is tracked, not %v", p.now, s, g.sign)
			}
		case p.ignored == g.sign.Bytes:
			if s, _ := p.judge.Beat(); s == g.sign {
				p.deaf = false
			}
		}
	}()
	anew := p.watch(func() bool { return p.judge.Observe(g.sign, at(g.sent), at(p.now)) })
	tracked, known := p.judge.Beat()
	overtaken := tracked.Term > g.sign.Term || tracked.Term == g.sign.Term && tracked.Count > g.sign.Count
	if !known || tracked != g.sign && (!overtaken || anew) {
		p.t.Fatalf("%v: a look showed %v, but %v is tracked", p.now, g.sign, tracked)
	}
	if p.judge.LastLook() != at(p.now) {
		p.t.Fatalf("%v: the last look was at %v", p.now, p.judge.LastLook())
	}
}

func (p *play) push(n int) {
	if n >= 0 && n < len(p.history) {
		p.pushed(p.history[n])
	}
}

// pushed has a push reach the judge: it may only prolong the wait.
func (p *play) pushed(s heartbeat.Beat) {
	before, known := p.judge.Beat()
	anew := p.watch(func() bool { return p.judge.Notify(s, at(p.now)) })
	later := s.Term > before.Term || s.Term == before.Term && s.Count > before.Count
	fresh := p.now-p.judge.LastLook().Mono < before.Lease
	if anew != (known && later && fresh && !p.deaf) {
		p.t.Fatalf("%v: a push of %v onto %v (known %v, looked at %v, deaf %v) counts: %v", p.now, s, before, known, p.judge.LastLook().Mono, p.deaf, anew)
	}
	switch {
	case anew:
		p.counted = append(p.counted, arrived{s, p.now})
	case p.deaf && known && later && fresh:
		p.ignored = s.Bytes
	}
}

// watch compares what a step reports with what it did: the wait begins anew now,
// or nothing changes.
func (p *play) watch(step func() bool) (anew bool) {
	sign, known := p.judge.Beat()
	since := p.judge.Since()
	anew = step()
	after, nowKnown := p.judge.Beat()
	switch {
	case anew && (!nowKnown || p.judge.Since() != at(p.now)):
		p.t.Fatalf("%v: the wait for %v began anew at %v", p.now, after, p.judge.Since())
	case !anew && (after != sign || nowKnown != known || p.judge.Since() != since):
		p.t.Fatalf("%v: nothing began anew, but %v since %v became %v since %v", p.now, sign, since, after, p.judge.Since())
	}
	return anew
}

// verify asks the judge now and at the end of the wait.
func (p *play) verify() {
	s, known := p.judge.Beat()
	silent, left := p.judge.Silent(at(p.now))
	if silent != (known && left <= 0) {
		p.t.Fatalf("%v: silent %v with %v left, known %v", p.now, silent, left, known)
	}
	if !known {
		return
	}
	shown, genuine := p.byBytes[s.Bytes]
	if silent && genuine && p.now-shown < s.Lease {
		p.t.Fatalf("%v: %v is silent, and was shown at %v", p.now, s, shown)
	}
	if over, _ := p.judge.Silent(at(p.now + left)); !over {
		p.t.Fatalf("%v: %v is not silent in %v", p.now, s, left)
	}
	if early, _ := p.judge.Silent(clocks(p.now+left-1, p.now+time.Hour)); early {
		p.t.Fatalf("%v: %v is silent a nanosecond early", p.now, s)
	}
}
