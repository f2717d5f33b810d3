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
// pushes, which make it fast. It is used by one goroutine at a time; what it has
// seen stays valid between uses, since bytes never repeat.
type watcher struct {
	candidacy *candidacy
	legacy    *legacy // of a candidate; nil: of somebody who only wants to know
	session   *session
	mail      *mailbox
	deafen    func() // ends listening; nil: not listening
	plain     bool   // look without scripts, when those are not allowed
	pushes    bool   // they count; else they only call for a look
	queue     succession.Turn

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

// newWatcher returns the watcher of a candidate, or, without a legacy, of somebody who
// only wants to know.
func newWatcher(c *candidacy, l *legacy) *watcher {
	w := &watcher{candidacy: c, legacy: l, pushes: true}
	if l != nil {
		w.queue.Token = record.NewNonce()
	}
	return w
}

// begin prepares for a campaign or an observation; the returned function ends it.
func (w *watcher) begin(s *session) (end func()) {
	w.session, w.mail = s, newMailbox()
	w.queue.Since = s.clock.Now()
	return func() {
		w.mail, w.session = nil, nil // a leader needs none, and what has stopped is not kept
		if w.deafen != nil {
			w.deafen()
			w.deafen, w.queue.Listening = nil, false
		}
	}
}

// listen begins to listen for pushes. It is put off until there is something to
// wait for.
func (w *watcher) listen() {
	if w.deafen != nil {
		return
	}
	place, hints := w.candidacy.place, w.session.hints
	all := hints.Listen(place.Records(), &pubsub.Listener{Hear: w.mail.hear})
	w.deafen = all
	if w.queue.Token != "" {
		first := hints.Listen(place.Waiter(w.queue.Token), &pubsub.Listener{Hear: w.mail.hearFirst})
		w.deafen = func() { first(); all() }
		w.queue.Listening = true
	}
}

// refresh takes in what was pushed, and looks if that is due.
func (w *watcher) refresh(ctx context.Context) error {
	p, pushed, look := w.mail.take()
	switch {
	case pushed && (!w.pushes || !w.now.Readable()):
		look = true // a push begins nothing: there is no wait that it could prolong
	case pushed && w.judge.Notify(p.Rec.Sign(p.Bytes), p.Received):
		w.track(p.Observation)
		w.queue.OnVacancy(p.rank, p.Received, w.trip)
	}
	if look || w.untilLook() <= 0 {
		if err := w.look(ctx); err != nil {
			w.mail.lookAgain()
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
	defer func() { w.queue.AnnounceAt = nil }()
	if w.plain {
		return w.session.peek(ctx, w.candidacy)
	}
	return w.session.look(ctx, w.candidacy, w.introduction())
}

// introduction is the note that goes with a look. Who stands back does not wait
// for the office.
func (w *watcher) introduction() register.Note {
	now := w.session.clock.Now()
	if w.queue.Token == "" || now.Mono < w.legacy.notBefore.Mono {
		return register.Note{}
	}
	return w.queue.Note(w.candidacy.place, now)
}

// saw takes in an answer, of a look or of a CAS.
func (w *watcher) saw(s register.Observation) {
	switch {
	case !s.Readable():
		w.judge.ObserveAbsent(s.Received)
		w.now = s
	case w.judge.Observe(s.Rec.Sign(s.Bytes), s.Sent, s.Received):
		w.track(s)
		w.queue.OnVacancy(0, s.Received, w.trip)
	}
}

func (w *watcher) track(s register.Observation) {
	isNew := s.Rec.Held() && s.Rec.Grant() != w.now.Rec.Grant()
	w.now = s
	if w.queue.Token == "" {
		return
	}
	limit := max(heartbeat.ForLease(s.Rec.Lease).Spread(), min(10*s.RoundTrip(), s.Rec.Lease/10))
	w.spread = time.Duration(w.session.clock.Float64() * float64(limit))
	if isNew {
		w.queue.ScheduleAnnouncement(s.Received, w.session.clock.Float64())
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
// while pushes are heard, a beat when they are not, 10 % more or less.
func (w *watcher) untilLook() time.Duration {
	t, now := w.timing(), w.session.clock.Now()
	since := now.Mono - w.judge.LastLook().Mono
	every := func(d time.Duration) time.Duration {
		return min(time.Duration(float64(d)*(0.9+0.2*w.jitter))-since, w.queue.UntilAnnouncement(now))
	}
	if left := w.judge.HeardFor(2*t.Beat, now); left > 0 {
		return min(every(t.Lease/2), left)
	}
	return every(t.Beat)
}

// silent reports whether the tracked record was waited for long enough, random
// delay included, and if not, for how much longer it must be.
func (w *watcher) silent() (bool, time.Duration) {
	_, left := w.judge.Silent(w.session.clock.Now())
	left += w.spread
	return left <= 0, left
}

// wait waits until there is something to do: a push, a look that is due, the end
// of a silence, or the end of d. It returns ctx's cause if that ends first.
func (w *watcher) wait(ctx context.Context, d time.Duration) error {
	w.listen()
	d = min(d, w.untilLook())
	if turn := w.untilTurn(); turn > 0 {
		d = min(d, turn)
	}
	var beating record.Grant
	if w.now.Readable() && w.now.Rec.Status != record.Vacant {
		if silent, left := w.silent(); !silent {
			d = min(d, left)
			beating = w.now.Rec.Grant()
		}
	}
	if !w.pushes {
		beating = record.Grant{}
	}
	w.mail.expect(beating)
	return w.session.pause(ctx, d, w.mail.wake)
}

// untilTurn is how long the vacancy that is tracked must be left to others.
func (w *watcher) untilTurn() time.Duration { return w.queue.UntilTurn(w.session.clock.Now()) }

// leader is who holds the office as far as can be told: nobody, when the record
// has been silent for its lease.
func (w *watcher) leader() Leader {
	if !w.now.Readable() {
		return Leader{}
	}
	if silent, _ := w.judge.Silent(w.session.clock.Now()); silent {
		return Leader{}
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
