package schedule

import (
	"context"
	"fmt"
	"time"

	"example.com/incumbent/election"
)

// A request is what somebody wants of an entry, at that time of the server in microseconds. It
// changes it, or refuses. The zero entry is none.
type request func(e *entry, server int64) error

// askFor asks for one run.
func askFor(reason string) request {
	return func(e *entry, server int64) error {
		switch {
		case e.gone:
			return fmt.Errorf("%w: the leader does not have this one, and keeps its past alone: add it to the schedule first", ErrNoJob)
		case e.ask.at == 0:
			e.ask = ask{server, cut(reason, whyRoom)}
		}
		return nil
	}
}

// pauseUntil pauses a job, for ever if the time is zero.
func pauseUntil(until time.Time, reason string) request {
	return func(e *entry, _ int64) error {
		p := pause{set: true, why: cut(reason, whyRoom)}
		if !until.IsZero() {
			p.until = max(millis(until), 1)
		}
		e.pause = p
		return nil
	}
}

// resume ends a pause.
func resume(e *entry, server int64) error {
	if now := server / 1000; e.pause.active(now) { // the leader drops what was due until then
		e.pause.until = now
	}
	return nil
}

// forget removes an entry that no leader declares.
func forget(e *entry, _ int64) error {
	if !e.gone {
		return fmt.Errorf("%w: the leader still has this job: remove it from the schedule first", election.ErrConfig)
	}
	*e = entry{}
	return nil
}

// changeTries bounds how often a change may lose against others.
const changeTries = 8

// change changes an entry, whoever leads, and logs who asked. The zero entry is none.
func (l *Ledger) change(ctx context.Context, what, job, reason string, f request) error {
	return l.visit(func(s store) error {
		for range changeTries {
			server, text, err := s.read(ctx, job)
			if err != nil {
				return err
			}
			next, err := changed(s, job, text, server, f)
			if err != nil || next == text {
				return err
			}
			w, err := readWritten(s.ask(ctx, s.writeCall(job, text, next, 0, "")))
			if err != nil {
				return s.explain(err)
			}
			if w.code == "done" {
				l.elector.Logger().Info("schedule: asked for "+what, "job", job, "reason", reason) //nolint:sloglint // there are only four
				return nil
			}
		}
		return fmt.Errorf("%w: others changed job %q %d times before; ask again", election.ErrUnavailable, job, changeTries)
	})
}

// changed is the entry after a change; empty to remove it.
func changed(s store, job, text string, server int64, f request) (string, error) {
	if text == "" {
		return "", noJob(s, job)
	}
	before, err := parseEntry(text)
	if err != nil {
		return "", s.foreign(job, err)
	}
	e := before
	switch err := f(&e, server); {
	case err != nil:
		return "", fmt.Errorf("%w (job %q of election %q)", err, job, s.holder.Name)
	case e == before:
		return text, nil
	case e == (entry{}):
		return "", nil
	}
	e.seq++
	return e.String(), nil
}
