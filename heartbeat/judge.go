package heartbeat

import "time"

// A Sign is what the beating side last showed. Bytes are compared for
// inequality only; Epoch and Count order two signs when it must be known which
// of them came later.
type Sign struct {
	Bytes string
	Epoch int64         // rises with every change of the beating side
	Count int64         // rises with every sign within an epoch
	Lease time.Duration // how long this sign is waited for
}

// after reports whether s was shown later than o.
func (s Sign) after(o Sign) bool {
	return s.Epoch > o.Epoch || s.Epoch == o.Epoch && s.Count > o.Count
}

// A Judge is the watching side: it remembers the sign it last saw and since when
// its own monotonic clock has seen no other. It is stepped by its owner and not
// safe for concurrent use; the zero Judge has seen nothing.
//
// Signs reach it on two ways. A look asks for the current sign and is the truth.
// A push is a hint that may be lost, late, doubled or out of order; it can only
// begin a later wait, never make one end earlier:
//
//   - a push counts only if its sign comes after the one that is tracked, and
//     only within a lease of the last look;
//   - a look counts whenever it differs from what is tracked, unless a push that
//     was received after the look was sent has shown a later sign.
type Judge struct {
	sign   Sign
	since  Instant // when the sign was first received
	known  bool
	pushed Instant // when the last push that counted was received
	heard  bool    // the tracked sign came by a push
	looked Instant // when the answer of the last look was received
}

// Looked records the answer of a look: the sign it showed, when the look was
// sent and when its answer was received. It reports whether the wait began anew.
func (j *Judge) Looked(s Sign, sent, received Instant) bool {
	j.looked = received
	switch {
	case j.known && j.sign.Bytes == s.Bytes:
		return false
	case j.known && j.heard && j.pushed.Mono > sent.Mono && j.sign.after(s):
		return false // overtaken by a push: the answer is older than what we know
	}
	j.track(s, received, false)
	return true
}

// Pushed records a pushed sign and reports whether the wait began anew.
func (j *Judge) Pushed(s Sign, received Instant) bool {
	if !j.known || !s.after(j.sign) || received.Mono-j.looked.Mono >= j.sign.Lease {
		return false
	}
	j.track(s, received, true)
	j.pushed = received
	return true
}

// LookedInVain records, at the receipt of a look's answer, that there is no sign
// any more. What was seen, and the wait for it, are forgotten.
func (j *Judge) LookedInVain(received Instant) { *j = Judge{looked: received} }

// Sign returns the tracked sign; false if there is none.
func (j *Judge) Sign() (Sign, bool) { return j.sign, j.known }

// Since returns when the tracked sign was first received.
func (j *Judge) Since() Instant { return j.since }

// LastLook returns when the answer of the last look was received.
func (j *Judge) LastLook() Instant { return j.looked }

// Silent reports whether the tracked sign has stood unchanged for its lease, and
// if not, how much longer it must.
func (j *Judge) Silent(now Instant) (bool, time.Duration) {
	left := j.sign.Lease - (now.Mono - j.since.Mono)
	return j.known && left <= 0, left
}

// HeardFor returns how much longer pushes count as heard, d after the last one
// that counted; zero or less if they don't. It serves pacing, never judging.
func (j *Judge) HeardFor(d time.Duration, now Instant) time.Duration {
	if j.pushed == (Instant{}) {
		return 0
	}
	return d - (now.Mono - j.pushed.Mono)
}

func (j *Judge) track(s Sign, received Instant, heard bool) {
	j.sign, j.since, j.known, j.heard = s, received, true, heard
}
