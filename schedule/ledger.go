package schedule

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/register"
)

// A Ledger is the past and the state of the jobs of an election, for any process. It is safe
// for concurrent use. Its calls block for a few attempts at most; errors are those of
// [election.Elector.Leader], and ErrNoJob. Reading needs no right to run scripts.
type Ledger struct{ elector *election.Elector }

// NewLedger returns the ledger of e's election. It sends nothing; e need not campaign.
func NewLedger(e *election.Elector) *Ledger { return &Ledger{e} }

// visit runs f with connections of the elector.
func (l *Ledger) visit(f func(s store) error) error {
	h, leave, err := l.elector.Visit()
	if err != nil {
		return err
	}
	defer leave()
	return f(store{holder: h})
}

// Jobs returns the state of all jobs, sorted by name. Jobs of another version are left out.
// Whether a job is paused is judged by the clock of this process.
func (l *Ledger) Jobs(ctx context.Context) ([]Status, error) {
	var all []Status
	err := l.visit(func(s store) error {
		entries, err := s.entries(ctx)
		if err != nil {
			return err
		}
		names := slices.Sorted(maps.Keys(entries))
		lines, err := s.lines(ctx, names)
		if err != nil {
			return err
		}
		now := time.Now().UnixMilli()
		for i, name := range names {
			status := entries[name].status(name, now)
			status.Last = lastRun(lines[i], s.holder.Name, name)
			all = append(all, status)
		}
		return nil
	})
	return all, err
}

// status is an entry as users see it.
func (e entry) status(job string, now int64) Status {
	s := Status{Job: job, Calendar: e.text, Paused: e.pause.active(now), Undeclared: e.gone}
	if e.next != 0 {
		s.Next = instant(e.next)
		if e.next <= now && e.state != running && !s.Paused {
			s.Waiting = 1
		}
	}
	if e.state == running {
		s.RunningSince = instant(e.started)
	}
	if e.state == owed || e.ask.at != 0 {
		s.Waiting++
	}
	if s.Paused {
		s.PauseReason = e.pause.why
		if e.pause.until != 0 {
			s.PausedUntil = instant(e.pause.until)
		}
	}
	return s
}

// lastRun is the newest line that is about a run.
func lastRun(lines []line, name, job string) Entry {
	for _, l := range lines {
		if l.outcome.about() {
			return l.shown(name, job)
		}
	}
	return Entry{}
}

// History returns the last entries of a job, newest first, at most limit; 0 means all that
// are kept, 20. Lines of another version are left out.
func (l *Ledger) History(ctx context.Context, job string, limit int) ([]Entry, error) {
	var all []Entry
	err := l.visit(func(s store) error {
		lines, err := s.lines(ctx, []string{job})
		if err != nil {
			return err
		}
		for _, l := range lines[0] {
			if limit <= 0 || len(all) < limit {
				all = append(all, l.shown(s.holder.Name, job))
			}
		}
		if len(all) > 0 {
			return nil
		}
		entries, err := s.entries(ctx)
		if _, known := entries[job]; err == nil && !known {
			err = noJob(s, job)
		}
		return err
	})
	return all, err
}

func noJob(s store, job string) error {
	return fmt.Errorf("%w: %q in election %q", ErrNoJob, job, s.holder.Name)
}

// entries reads all entries of this version.
func (s store) entries(ctx context.Context) (map[string]entry, error) {
	var cmd *redis.MapStringStringCmd
	err := s.holder.Line.Pipe(ctx, s.attempt(), func(p redis.Pipeliner) error {
		cmd = p.HGetAll(ctx, s.key())
		return nil
	})
	if err != nil {
		return nil, s.explain(err)
	}
	entries := map[string]entry{}
	for job, text := range cmd.Val() {
		if e, err := parseEntry(text); err == nil {
			entries[job] = e
		}
	}
	return entries, nil
}

// lines reads histories.
func (s store) lines(ctx context.Context, jobs []string) ([][]line, error) {
	all := make([][]line, 0, len(jobs))
	for some := range slices.Chunk(jobs, packetSize) {
		var cmds []*redis.StringSliceCmd
		err := s.holder.Line.Pipe(ctx, s.attempt(), func(p redis.Pipeliner) error {
			for _, job := range some {
				cmds = append(cmds, p.LRange(ctx, s.history(job), 0, linesKept-1))
			}
			return nil
		})
		for _, cmd := range cmds {
			err = s.explainHistory(err, cmd)
			all = append(all, readLines(cmd.Val()))
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// explainHistory keeps a history of another type from failing the others: it is empty.
func (s store) explainHistory(err error, cmd *redis.StringSliceCmd) error {
	if err != nil && cmd.Err() != nil && redis.HasErrorPrefix(cmd.Err(), "WRONGTYPE") {
		return nil
	}
	return err
}

func readLines(texts []string) []line {
	var lines []line
	for _, text := range texts {
		if l, err := parseLine(text); err == nil {
			lines = append(lines, l)
		}
	}
	return lines
}

func (s store) attempt() time.Duration { return s.holder.Line.Clock.Timer(s.holder.Attempt) }

// Trigger asks for one run now, also of a job that is paused. Asking twice before it has
// started is asking once. It does not wait for the run. It returns ErrNoJob, too, if the leader
// has no such job: nobody would run it.
func (l *Ledger) Trigger(ctx context.Context, job, reason string) error {
	return l.change(ctx, "a run", job, reason, askFor(reason))
}

// Pause drops the due times of a job until that time, or until Resume if it is zero. A run
// under way goes on, and attempts that it is owed. A second call replaces the first.
func (l *Ledger) Pause(ctx context.Context, job string, until time.Time, reason string) error {
	return l.change(ctx, "a pause", job, reason, pauseUntil(until, reason))
}

// Resume ends a pause; without one it does nothing.
func (l *Ledger) Resume(ctx context.Context, job, reason string) error {
	return l.change(ctx, "the end of a pause", job, reason, resume)
}

// Forget removes state and history of a job that no longer exists. It returns an error that
// wraps [election.ErrConfig] if the leader still has the job.
func (l *Ledger) Forget(ctx context.Context, job string) error {
	return l.change(ctx, "to forget it", job, "", forget)
}

// read reads one entry, empty if there is none.
func (s store) read(ctx context.Context, job string) (server int64, text string, err error) {
	server, entries, err := readEntries(s.ask(ctx, s.readCall(job)))
	return server, entries[job], s.explain(err)
}

func (s store) ask(ctx context.Context, c register.Call) register.Result {
	results, _ := s.holder.Line.Send(ctx, s.attempt(), []register.Call{c})
	return results[0]
}
