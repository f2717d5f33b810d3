package election

import (
	"context"
	"errors"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/pubsub"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/succession"
)

// A watcher follows an election's record: by looks, which are the truth, and by
// notifications, which make it fast. It is used by one goroutine at a time; what it has
// seen stays valid between uses, since bytes never repeat.
type watcher struct {
	candidacy *candidacy
	legacy    *legacy // of a candidate; nil: of somebody who only wants to know
	session   *session
	inbox     *inbox

	unsubscribe      func() // nil: not subscribed
	plain            bool   // look without scripts, when those are not allowed
	useNotifications bool   // they count; else they only call for a look
	turn             succession.Turn

	judge  heartbeat.Judge
	now    register.Observation // the last that the judge counted
	clocks clocks               // of the last look
	jitter float64              // of the time to the next look
	spread time.Duration        // before a takeover, random
	trip   time.Duration        // of the last look, there and back
}

// clocks are the server's and our wall clock at the same look.
type clocks struct {
	server time.Time
	ours   time.Duration
}

// skew is how far the server's is ahead of ours.
func (c clocks) skew() time.Duration {
	return c.server.Sub(time.Unix(0, int64(c.ours)))
}

// over reports whether a pause has ended by the server's clock, if that is believed.
func (c clocks) over(p record.Pause) bool {
	return !p.Paused || p.IsOver(c.server) && c.check() == nil
}

// check refuses a server's clock that is not believed.
func (c clocks) check() error { return register.CheckClock(c.server, time.Unix(0, int64(c.ours))) }

// newWatcher returns the watcher of a candidate, or, without a legacy, of somebody who
// only wants to know.
func newWatcher(c *candidacy, l *legacy) *watcher {
	w := &watcher{candidacy: c, legacy: l, useNotifications: true}
	if l != nil {
		w.turn.Token = record.NewNonce()
	}
	return w
}

// begin prepares for a campaign or an observation; the returned function ends it.
func (w *watcher) begin(s *session) (end func()) {
	w.session, w.inbox = s, newInbox()
	w.turn.Since = s.clock.Now()
	return func() {
		w.inbox, w.session = nil, nil // a leader needs none, and what has stopped is not kept
		if w.unsubscribe != nil {
			w.unsubscribe()
			w.unsubscribe, w.turn.Listening = nil, false
		}
	}
}

// subscribe begins to receive notifications. It is put off until there is something to
// wait for.
func (w *watcher) subscribe() {
	if w.unsubscribe != nil {
		return
	}
	place, source := w.candidacy.place, w.session.source
	all := source.Listen(place.Records(), &pubsub.Listener{Hear: w.inbox.onRecord})
	w.unsubscribe = all
	if w.turn.Token != "" {
		first := source.Listen(place.Waiter(w.turn.Token), &pubsub.Listener{Hear: w.inbox.onVacancy})
		w.unsubscribe = func() { first(); all() }
		w.turn.Listening = true
	}
}

// refresh takes in notifications, and looks if that is due.
func (w *watcher) refresh(ctx context.Context) error {
	n, notified, look := w.inbox.take()
	switch {
	case notified && (!w.useNotifications || !w.now.Readable()):
		look = true // a notification begins nothing: there is no wait that it could prolong
	case notified && w.judge.Notify(n.seen.Rec.Sign(n.seen.Bytes), n.seen.Received):
		w.track(n.seen)
		w.turn.OnVacancy(n.rank, n.seen.Received, w.trip)
	}
	if look || w.untilLook(w.session.clock.Now()) <= 0 {
		if err := w.look(ctx); err != nil {
			w.inbox.lookAgain()
			return err
		}
	}
	return nil
}

// look asks for the record. An observer without the right to run scripts looks
// by plain commands.
func (w *watcher) look(ctx context.Context) error {
	s, err := w.ask(ctx)
	if err != nil {
		return err
	}
	w.trip = s.RoundTrip()
	w.clocks = clocks{s.Server, s.Received.Wall}
	w.jitter = w.session.clock.Float64()
	w.saw(s)
	return nil
}

func (w *watcher) ask(ctx context.Context) (register.Observation, error) {
	defer func() { w.turn.AnnounceAt = nil }()
	if w.plain {
		return w.session.peek(ctx, w.candidacy)
	}
	return w.session.look(ctx, w.candidacy, w.announcement())
}

// announcement is the note that goes with a look: this candidate waits. During its
// cool-down it does not.
func (w *watcher) announcement() register.Note {
	now := w.session.clock.Now()
	if w.turn.Token == "" || w.legacy.coolDownEnds.Since(now) > 0 {
		return register.Note{}
	}
	return w.turn.Note(w.candidacy.place, now)
}

// saw takes in an answer, of a look or of a CAS.
func (w *watcher) saw(s register.Observation) {
	switch {
	case !s.Readable():
		w.judge.ObserveAbsent(s.Received)
		w.now = s
	case w.judge.Observe(s.Rec.Sign(s.Bytes), s.Sent, s.Received):
		w.track(s)
		w.turn.OnVacancy(0, s.Received, w.trip)
	}
}

func (w *watcher) track(s register.Observation) {
	isNew := s.Rec.Held() && s.Rec.Grant() != w.now.Rec.Grant()
	w.now = s
	if w.turn.Token == "" {
		return
	}
	limit := max(heartbeat.ForLease(s.Rec.Lease).Spread(), min(10*s.RoundTrip(), s.Rec.Lease/10))
	w.spread = time.Duration(w.session.clock.Float64() * float64(limit))
	if isNew {
		w.turn.ScheduleAnnouncement(s.Received, w.session.clock.Float64())
	}
}

// timing is of the record that is tracked, or our own if there is none.
func (w *watcher) timing() heartbeat.Timing {
	if w.now.Readable() {
		return heartbeat.ForLease(w.now.Rec.Lease)
	}
	return w.candidacy.timing
}

// untilLook is how long until the next look is due: half a lease after the last
// while notifications come, a beat when they don't, 10 % more or less.
func (w *watcher) untilLook(now heartbeat.Instant) time.Duration {
	t, since := w.timing(), now.Since(w.judge.LastLook())
	every := func(d time.Duration) time.Duration {
		return min(time.Duration(float64(d)*(0.9+0.2*w.jitter))-since, w.turn.UntilAnnouncement(now))
	}
	if left := w.judge.HeardFor(2*t.Beat, now); left > 0 {
		return min(every(t.Lease/2), left)
	}
	return every(t.Beat)
}

// silenceEnds is when the tracked record will have been waited for long enough, random
// delay included.
func (w *watcher) silenceEnds(now heartbeat.Instant) heartbeat.Instant {
	_, left := w.judge.Silent(now)
	return now.Add(left + w.spread)
}

// untilSilent is how long the tracked record must still be waited for; false if it is not
// waited for: there is none, it is vacant, or its time has passed.
func (w *watcher) untilSilent(now heartbeat.Instant) (left time.Duration, waiting bool) {
	left = w.silenceEnds(now).Since(now)
	return left, left > 0 && w.now.Readable() && w.now.Rec.Status != record.Vacant
}

// wait waits for d, or until a look is due, a notification comes, or ctx ends. It is not
// woken by beats of a leader that is waited for anyway.
func (w *watcher) wait(ctx context.Context, d time.Duration) {
	w.subscribe()
	now := w.session.clock.Now()
	var beating record.Grant
	if _, waiting := w.untilSilent(now); waiting && w.useNotifications {
		beating = w.now.Rec.Grant()
	}
	w.inbox.ignoreBeatsOf(beating, w.now.Rec.Pause())
	w.session.pause(ctx, min(d, w.untilLook(now)), w.inbox.wake)
}

// waitForNews waits until what is seen may be another leader, or none.
func (w *watcher) waitForNews(ctx context.Context) {
	left, waiting := w.untilSilent(w.session.clock.Now())
	if !waiting {
		left = succession.Forever
	}
	w.wait(ctx, left)
}

// leader is who leads as far as can be known: nobody, when the record
// has been silent for its lease.
func (w *watcher) leader() Leader {
	if !w.now.Readable() {
		return Leader{}
	}
	if silent, _ := w.judge.Silent(w.session.clock.Now()); silent {
		return nobody(w.now.Rec.Pause())
	}
	return leaderOf(w.now.Rec)
}

// mayPeek reports whether an error calls for plain looks, and switches to them.
func (w *watcher) mayPeek(err error) bool {
	if w.plain || !mayPeek(err) {
		return false
	}
	w.plain = true
	return true
}

// mayPeek reports whether a look in plain commands may succeed after that error.
func mayPeek(err error) bool { return errors.Is(err, ErrDenied) || errors.Is(err, ErrUnfit) }
