package election

import (
	"context"
	"log/slog"
	"time"
)

// Kind says what an [Event] is about.
type Kind string

// Kinds of events.
const (
	Standby       Kind = "standby"        // a new leader was seen that is not this candidate: Leader
	Quarantined   Kind = "quarantined"    // no record: waiting a lease before anybody may lead
	Elected       Kind = "elected"        // Term; Gap if known
	Beat          Kind = "beat"           // a beat was confirmed: Took
	BeatFailed    Kind = "beat_failed"    // an attempt at a beat failed: Err
	Revoked       Kind = "revoked"        // the term has ended, its work may still run: Reason, Err is the cause
	Released      Kind = "released"       // the work has ended and the office is vacant
	ReleaseFailed Kind = "release_failed" // others must wait for the rest of the lease: Gap is how long at most
	Overran       Kind = "overrun"        // work still runs after its grace, and another may lead: Took is how late, Err the cause
	Lingering     Kind = "lingering"      // a voluntary stop takes longer than the grace; the office is still held: Took
	HistoryLost   Kind = "history_lost"   // a leader found its record gone, or an older state: Err
	Foreign       Kind = "foreign"        // the key holds something that is no record: Err
	DuplicateID   Kind = "duplicate_id"   // somebody else uses this candidate's ID: Leader
	Unreachable   Kind = "unreachable"    // Redis gives no usable answer, told once: Err
	Reachable     Kind = "reachable"      // it does again: Took is for how long it didn't
	Ghost         Kind = "ghost"          // an attempt to take office could not be cleared up: Gap
	LateGrant     Kind = "late_grant"     // elected too late to be trusted, and released: Took is for how long it stands back
	Unheard       Kind = "unheard"        // a hint could not be published, handover waits for the next look: Err
	ClockSkew     Kind = "clock_skew"     // the clock of Redis is more than a day off ours, and not used: Took
)

// An Event is something that happened to a candidate, for metrics and for
// people. Fields that don't apply are zero.
type Event struct {
	Kind     Kind
	Time     time.Time // wall clock
	Election string
	ID       string // of this candidate
	Term     Term
	Leader   Leader
	Reason   string        // see [Reason]
	Gap      time.Duration // with Elected: how long this candidate knew nobody to lead
	GapKnown bool          // whether it knows
	Took     time.Duration
	Err      error
	Dropped  int // beats of this candidate that were dropped before this one
}

// level is how loud an event is logged.
func (ev Event) level() slog.Level {
	switch ev.Kind {
	case Beat:
		return slog.LevelDebug
	case Quarantined:
		if ev.Err != nil {
			return slog.LevelWarn
		}
	case BeatFailed, ReleaseFailed, DuplicateID, Unreachable, Ghost, Lingering, LateGrant, Unheard, ClockSkew:
		return slog.LevelWarn
	case Overran, HistoryLost, Foreign:
		return slog.LevelError
	}
	return slog.LevelInfo
}

// tell logs an event and shows it to the observer. It notes whether anybody wants
// to know of beats: most are not worth reporting.
func (e *Elector) tell(ev Event) {
	e.hushed.Store(e.cfg.Observer == nil && !e.log.Enabled(context.Background(), Event{Kind: Beat}.level()))
	if level := ev.level(); e.log.Enabled(context.Background(), level) {
		//nolint:sloglint // there are only as many messages as kinds
		e.log.LogAttrs(context.Background(), level, "election: "+string(ev.Kind), ev.attrs()...)
	}
	if e.cfg.Observer != nil {
		e.cfg.Observer(ev)
	}
}

func (ev Event) attrs() []slog.Attr {
	var a []slog.Attr
	if ev.Term != 0 {
		a = append(a, slog.Int64("term", int64(ev.Term)))
	}
	if !ev.Leader.Nobody() {
		a = append(a, slog.Any("leader", ev.Leader))
	}
	if ev.Reason != "" {
		a = append(a, slog.String("reason", ev.Reason))
	}
	if ev.GapKnown || ev.Gap != 0 {
		a = append(a, slog.Duration("gap", ev.Gap))
	}
	if ev.Took != 0 {
		a = append(a, slog.Duration("took", ev.Took))
	}
	if ev.Err != nil {
		a = append(a, slog.Any("error", ev.Err))
	}
	if ev.Dropped != 0 {
		a = append(a, slog.Int("dropped", ev.Dropped))
	}
	return a
}

// LogValue shows a leader in logs: its ID quoted, since it came from elsewhere.
func (l Leader) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", l.ID), slog.Int64("term", int64(l.Term)))
}
