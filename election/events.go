package election

import (
	"context"
	"log/slog"
	"slices"
	"time"
)

// Kind says what an [Event] is about. Package schedule adds kinds of its own.
type Kind string

// Kinds of events, with the fields that they use besides Time, Name and ID.
const (
	KindStandby         Kind = "standby"          // a new leader that is not this candidate: Leader
	KindQuarantined     Kind = "quarantined"      // no record, nobody leads for a while: Wait
	KindElected         Kind = "elected"          // Term, Reason, Gap or Silence
	KindPaused          Kind = "paused"           // elected, and the election is paused: the work does not begin yet: Term, By, Text, Wait until it ends by itself
	KindResumed         Kind = "resumed"          // the pause is over for this candidate: Term; Reason and Err if its term ended first, else elected follows
	KindBeat            Kind = "beat"             // a beat was confirmed: Term, Latency
	KindBeatFailed      Kind = "beat_failed"      // the first attempt in a row that failed: Term, Err
	KindRevoked         Kind = "revoked"          // the term has ended, its work may still run: Term, Reason, Lasted, Err is the cause; if it stalled, Text has the stacks of its work
	KindReleased        Kind = "released"         // the work has ended, the record is vacant: Term, Lasted is the drain
	KindReleaseFailed   Kind = "release_failed"   // others must wait for the rest of the lease: Term, Wait
	KindOverrun         Kind = "overrun"          // the work outlives its grace: Term, Overdue, Held, Err is the cause
	KindRecordLost      Kind = "record_lost"      // the leader found its record gone or older: Term, Err
	KindForeignRecord   Kind = "foreign_record"   // the key holds something that is no record: Err
	KindDuplicateID     Kind = "duplicate_id"     // somebody else uses this ID: Leader
	KindUnreachable     Kind = "unreachable"      // Redis gives no usable answer: Err; again each minute with Lasted
	KindReachable       Kind = "reachable"        // it does again: Lasted is the outage
	KindGrantUnresolved Kind = "grant_unresolved" // the reply to a grant was lost for good: Term, Wait
	KindGrantLate       Kind = "grant_late"       // elected too late to be trusted, and released: Wait until it campaigns again
	KindPublishFailed   Kind = "publish_failed"   // a change was not published, a handover waits for the next look: Err
	KindClockSkew       Kind = "clock_skew"       // the clock of Redis is more than a day off ours, and not used; or behind what a schedule has decided: Skew
)

// An Event is something that happened to a candidate, for metrics and for
// people. Fields that do not apply are zero.
type Event struct {
	Kind   Kind
	Time   time.Time // wall clock
	Name   string    // of the election
	Item   string    // of a schedule: the job
	ID     string    // of this candidate
	Term   Term
	Leader Leader
	Reason Reason // why the term began or ended
	Err    error

	Gap     time.Duration // elected: how long this candidate knew nobody to lead, if Reason is ReasonVacancy
	Silence time.Duration // elected: since the last sign of the former leader that this candidate saw, if Reason is ReasonSilence
	Latency time.Duration // of a beat: from its send to its answer
	Wait    time.Duration // what is still to be waited for, at most
	Overdue time.Duration // by how much the work is late
	Lasted  time.Duration // of what has ended: a term, a drain, an outage; of an outage that goes on, so far
	Skew    time.Duration // of the clock of Redis against ours
	Held    bool          // overrun: leadership is still held
	Count   int           // of due times that a schedule dropped
	By      string        // who asked
	Text    string        // for people

	Dropped int // beats of this candidate that were dropped before this one
}

// Observers returns an observer that calls each of the given ones in turn, and skips
// nil.
func Observers(observers ...func(Event)) func(Event) {
	given := slices.DeleteFunc(slices.Clone(observers), func(o func(Event)) bool { return o == nil })
	return func(ev Event) {
		for _, o := range given {
			o(ev)
		}
	}
}

// level is how loud an event is logged.
func (ev Event) level() slog.Level {
	switch ev.Kind {
	case KindBeat:
		return slog.LevelDebug
	case KindQuarantined:
		if ev.Err != nil {
			return slog.LevelWarn
		}
	case KindRevoked:
		if ev.Reason == ReasonStalled {
			return slog.LevelWarn
		}
	case KindOverrun:
		if ev.Held {
			return slog.LevelWarn
		}
		return slog.LevelError
	case KindBeatFailed, KindReleaseFailed, KindDuplicateID, KindUnreachable, KindGrantUnresolved, KindGrantLate, KindPublishFailed, KindClockSkew,
		"run_failed", "run_abandoned", "run_stuck", "due_missed", "ledger_lost": // of package schedule
		return slog.LevelWarn
	case KindRecordLost, KindForeignRecord:
		return slog.LevelError
	}
	return slog.LevelInfo
}

// deliver logs an event and hands it to the observer.
func (c *candidacy) deliver(ev Event) {
	c.write(ev)
	if c.cfg.Observer != nil {
		c.cfg.Observer(ev)
	}
}

// write logs an event. It notes whether anybody wants to know of beats: most are not
// worth reporting.
func (c *candidacy) write(ev Event) {
	c.hushed.Store(c.cfg.Observer == nil && !c.log.Enabled(context.Background(), Event{Kind: KindBeat}.level()))
	if level := ev.level(); c.log.Enabled(context.Background(), level) {
		//nolint:sloglint // there are only as many messages as kinds
		c.log.LogAttrs(context.Background(), level, "election: "+string(ev.Kind), ev.attrs()...)
	}
}

func (ev Event) attrs() []slog.Attr {
	a := ev.subject()
	if !ev.Leader.Nobody() {
		a = append(a, slog.Any("leader", ev.Leader))
	}
	if ev.Reason != "" {
		a = append(a, slog.String("reason", string(ev.Reason)))
	}
	a = append(a, ev.durations()...)
	if ev.Kind == KindOverrun {
		a = append(a, slog.Bool("held", ev.Held))
	}
	if ev.explains() {
		a = append(a, slog.String("why", "there is no record: the election is new, or Redis lost its data; nobody leads until it is sure that no leader was forgotten"))
	}
	if ev.Err != nil {
		a = append(a, slog.Any("error", ev.Err))
	}
	if ev.Dropped != 0 {
		a = append(a, slog.Int("dropped", ev.Dropped))
	}
	return a
}

// subject is what an event is about.
func (ev Event) subject() []slog.Attr {
	var a []slog.Attr
	if ev.Item != "" {
		a = append(a, slog.String("item", ev.Item))
	}
	if ev.Term != 0 {
		a = append(a, slog.Int64("term", int64(ev.Term)))
	}
	if ev.Count != 0 {
		a = append(a, slog.Int("count", ev.Count))
	}
	if ev.By != "" {
		a = append(a, slog.String("by", ev.By))
	}
	if ev.Text != "" {
		a = append(a, slog.String("text", ev.Text))
	}
	return a
}

// durations are written as text: as numbers they would be nanoseconds in JSON.
func (ev Event) durations() []slog.Attr {
	var a []slog.Attr
	add := func(key string, d time.Duration) {
		if d != 0 {
			a = append(a, slog.String(key, d.String()))
		}
	}
	add("gap", ev.Gap)
	add("silence", ev.Silence)
	add("latency", ev.Latency)
	add("wait", ev.Wait)
	add("overdue", ev.Overdue)
	add("lasted", ev.Lasted)
	add("skew", ev.Skew)
	return a
}

// explains reports whether people need the reason for a time without a leader.
func (ev Event) explains() bool { return ev.Kind == KindQuarantined }

// LogValue shows a leader in logs: its ID quoted, since it came from elsewhere.
func (l Leader) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", l.ID), slog.Int64("term", int64(l.Term)))
}
