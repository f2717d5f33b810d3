package sim

import (
	"context"
	"errors"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/schedule"
	"example.com/incumbent/verification/ledger/account"
)

// Some leaders keep a schedule beside their other work, on miniredis: with the real script, and
// through the same faults.

var errRun = errors.New("the run failed")

// job is one of the schedule.
type job struct {
	account.Job

	period time.Duration
	place  site
}

// jobs are due some times in a lease.
func (p profile) jobs() []job {
	period := max(p.leases[0]/3, time.Second).Truncate(time.Second)
	often := account.Job{Name: "often", Due: account.Every(period.Milliseconds()), Attempts: 3, CatchUp: 3}
	late := account.Job{Name: "late", Due: account.Every(2 * period.Milliseconds()), Attempts: 1, CatchUp: 5, Late: period.Milliseconds()}
	return []job{{often, period, inOften}, {late, 2 * period, inLate}}
}

// newSchedule is that of a process.
func (p *process) newSchedule() *schedule.Schedule {
	var all []schedule.Job
	for _, j := range p.w.profile.jobs() {
		all = append(all, schedule.Job{
			Name: j.Name, Due: schedule.Every(j.period), Attempts: j.Attempts, CatchUp: j.CatchUp, Late: time.Duration(j.Late) * time.Millisecond,
			Run: func(ctx context.Context, t schedule.Tick) error { return p.perform(ctx, j, t) },
		})
	}
	s, err := schedule.New(all...)
	if err != nil {
		panic(err)
	}
	return s
}

// perform is a run. A crash ends it, too.
func (p *process) perform(ctx context.Context, j job, t schedule.Tick) error {
	draw := mix(p.w.Seed, hash(t.Key), uint64(t.Attempt))
	defer p.w.books.start(p, t)()
	end := time.NewTimer(p.w.slots.after(time.Duration(fraction(draw)*1.2*float64(j.period)), p.n, j.place))
	defer end.Stop()
	select {
	case <-p.crashed:
	case <-ctx.Done():
		time.Sleep(p.w.slots.after(1, p.n, j.place)) // the other run ends at an instant of its own
		return context.Cause(ctx)
	case <-end.C:
		if draw%8 == 0 {
			return errRun
		}
	}
	return nil
}

// scheduled adds the schedule to the work of a term. The term ends when both have returned.
func (p *process) scheduled(work election.Work) election.Work {
	if !p.w.profile.scheduled || p.w.onRegister() {
		return work
	}
	return func(ctx context.Context, term election.Term) error {
		p.w.books.begin(term)
		runs, stop := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = p.newSchedule().Work(runs, term) // a server that refuses may end it
		}()
		defer func() {
			stop()
			<-ended
		}()
		return work(ctx, term)
	}
}
