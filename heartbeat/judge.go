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
//     was received after the look was sent has shown a later sign;
//   - a look contradicts a push that was received before the look was sent, if it
//     shows neither that sign nor a later one. From then on no push counts, until a
//     look shows another sign that was pushed. So whoever only publishes puts the
//     verdict off once, until the next look.
type Judge struct {
	sign   Sign
	since  Instant // when the sign was first received
	known  bool
	pushed Instant // when the last push that counted was received
	heard  bool    // the tracked sign came by a push
	looked Instant // when the answer of the last look was received

	first   Sign    // the earliest push that counted and that no look was sent after
	firstAt Instant // when it was received
	pending bool    // there is one
	deaf    bool    // a look has contradicted a push: none counts
	ignored string  // the bytes of the last push that would have counted
}

// Looked records the answer of a look: the sign it showed, when the look was
// sent and when its answer was received. It reports whether the wait began anew.
func (j *Judge) Looked(s Sign, sent, received Instant) bool {
	j.looked = received
	contradicts := j.settle(s, sent)
	switch {
	case j.known && j.sign.Bytes == s.Bytes:
		return false
	case contradicts:
		j.deaf, j.pushed, j.pending = true, Instant{}, false
	case j.known && j.heard && j.pushed.Mono > sent.Mono && j.sign.after(s):
		return false // overtaken by a push: the answer is older than what we know
	case j.ignored == s.Bytes:
		j.deaf = false
	}
	j.track(s, received, false)
	return true
}

// settle compares a look with the earliest push that it could confirm, and reports
// whether it contradicts that. Later pushes may overtake the look; that one did not.
func (j *Judge) settle(s Sign, sent Instant) (contradicts bool) {
	if !j.pending || j.firstAt.Mono > sent.Mono {
		return false
	}
	contradicts = s.Bytes != j.first.Bytes && !s.after(j.first)
	j.pending = j.heard && j.pushed.Mono > sent.Mono
	j.first, j.firstAt = j.sign, j.pushed
	return contradicts
}

// Pushed records a pushed sign and reports whether the wait began anew.
func (j *Judge) Pushed(s Sign, received Instant) bool {
	if !j.known || !s.after(j.sign) || received.Mono-j.looked.Mono >= j.sign.Lease {
		return false
	}
	if j.deaf {
		j.ignored = s.Bytes
		return false
	}
	j.track(s, received, true)
	j.pushed = received
	if !j.pending {
		j.first, j.firstAt, j.pending = s, received, true
	}
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
