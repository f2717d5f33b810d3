package heartbeat

import "time"

// A Beat is what the beating side last showed. Bytes are compared for inequality only;
// Term and Count order two beats.
type Beat struct {
	Bytes string
	Term  int64         // rises with every change of the beating side
	Count int64         // rises with every beat within a term
	Lease time.Duration // how long this beat is waited for
}

// after reports whether s was shown later than o.
func (s Beat) after(o Beat) bool {
	return s.Term > o.Term || s.Term == o.Term && s.Count > o.Count
}

// A Judge is the watching side: it remembers the beat it saw last, and since when its
// own monotonic clock has seen no other. The zero Judge has seen nothing. It belongs to
// one goroutine.
//
// Beats reach it in two ways. A look reads the current beat and is the truth. A
// notification may be lost, late, doubled or out of order; it can only begin a later
// wait, never end one earlier:
//
//   - a notification counts only if its beat comes after the one that is tracked, and
//     only within a lease of the last look;
//   - a look counts whenever it differs from what is tracked, unless a notification
//     that was received after the look was sent has shown a later beat;
//   - a look contradicts a notification that was received before the look was sent, if
//     it shows neither that beat nor a later one. From then on no notification counts,
//     until a look shows another beat that was in one. So whoever only publishes puts
//     the verdict off once, until the next look.
type Judge struct {
	beat     Beat
	since    Instant // when the beat was first received
	known    bool
	notified Instant // when the last notification that counted was received
	byNotice bool    // the tracked beat came by a notification
	lastLook Instant // when the answer of the last look was received

	first     Beat    // the earliest notification that counted and that no look was sent after
	firstAt   Instant // when it was received
	pending   bool    // there is one
	distrusts bool    // a look has contradicted a notification: none counts
	ignored   string  // the bytes of the last notification that would have counted
}

// Observe records what a look showed, when the look was sent and when its answer was
// received. It reports whether the wait began anew.
func (j *Judge) Observe(s Beat, sent, received Instant) bool {
	j.lastLook = received
	contradicts := j.settle(s, sent)
	switch {
	case j.known && j.beat.Bytes == s.Bytes:
		return false
	case contradicts:
		j.distrusts, j.notified, j.pending = true, Instant{}, false
	case j.known && j.byNotice && j.notified.Mono > sent.Mono && j.beat.after(s):
		return false // overtaken by a notification: the answer is older than what we know
	case j.ignored == s.Bytes:
		j.distrusts = false
	}
	j.track(s, received, false)
	return true
}

// settle compares a look with the earliest notification that it could confirm, and reports
// whether it contradicts that. Later notifications may overtake the look; that one did not.
func (j *Judge) settle(s Beat, sent Instant) (contradicts bool) {
	if !j.pending || j.firstAt.Mono > sent.Mono {
		return false
	}
	contradicts = s.Bytes != j.first.Bytes && !s.after(j.first)
	j.pending = j.byNotice && j.notified.Mono > sent.Mono
	j.first, j.firstAt = j.beat, j.notified
	return contradicts
}

// Notify records a beat that a notification showed. It can only begin a later wait,
// never end one earlier, and reports whether the wait began anew.
func (j *Judge) Notify(s Beat, received Instant) bool {
	if !j.known || !s.after(j.beat) || received.Since(j.lastLook) >= j.beat.Lease {
		return false
	}
	if j.distrusts {
		j.ignored = s.Bytes
		return false
	}
	j.track(s, received, true)
	j.notified = received
	if !j.pending {
		j.first, j.firstAt, j.pending = s, received, true
	}
	return true
}

// ObserveAbsent records that a look found nothing, and forgets what was seen and the
// wait for it.
func (j *Judge) ObserveAbsent(received Instant) { *j = Judge{lastLook: received} }

// Beat returns the tracked beat; false if there is none.
func (j *Judge) Beat() (Beat, bool) { return j.beat, j.known }

// Since returns when the tracked beat was first received.
func (j *Judge) Since() Instant { return j.since }

// LastLook returns when the answer of the last look was received.
func (j *Judge) LastLook() Instant { return j.lastLook }

// Silent reports whether the tracked beat has stood unchanged for its lease, and
// if not, how much longer it must.
func (j *Judge) Silent(now Instant) (bool, time.Duration) {
	left := j.beat.Lease - now.Since(j.since)
	return j.known && left <= 0, left
}

// HeardFor returns how much longer notifications count as recent, d after the last one
// that counted; zero or less if they don't. It serves pacing, never judging.
func (j *Judge) HeardFor(d time.Duration, now Instant) time.Duration {
	if j.notified == (Instant{}) {
		return 0
	}
	return d - now.Since(j.notified)
}

func (j *Judge) track(s Beat, received Instant, heard bool) {
	j.beat, j.since, j.known, j.byNotice = s, received, true, heard
}
