package electiontest

import (
	"context"
	"errors"
	"strings"
	"time"

	"example.com/incumbent/schedule"
)

// MakeDue has the leader's schedule run a job now, whatever its calendar says, and waits
// until the run has started. It asks as schedule.Ledger.Trigger does: the run is one that was
// asked for, so that its Tick has no due time, and it waits for a run that is under way. A
// leader that has just been elected is waited for, until it has declared the job.
//
// For runs at their real due times let the time pass: in a bubble that costs nothing.
func (o *Election) MakeDue(job string) {
	o.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ledger := schedule.NewLedger(o.asker)
	var err error
	o.each(ctx, func() bool {
		err = ledger.Trigger(ctx, job, "electiontest")
		return !errors.Is(err, schedule.ErrNoJob)
	})
	if err != nil {
		o.tb.Fatalf("electiontest: %v: does a schedule with this job lead?", err)
	}
	if !o.each(ctx, func() bool { return o.claimed(job) }) {
		o.tb.Fatalf("electiontest: job %q of %q was not started within %v: does its schedule lead, and has its last run ended?", job, o.name, patience)
	}
}

// claimed reports whether no run is asked for any more: a leader takes the request back in
// the write by which it starts the run.
func (o *Election) claimed(job string) bool {
	const asked = 14 // the field of an entry that has the request
	fields := strings.SplitN(o.redis.stub.Mini.HGet(o.key+":ledger", job), " ", asked+2)
	return len(fields) > asked && fields[asked] == "-"
}

// each asks again and again until done, or until ctx ends; it reports which.
func (o *Election) each(ctx context.Context, done func() bool) bool {
	for pause := repush; !done(); pause = min(2*pause, time.Second) {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// LoseLedger removes the ledger of the schedule and the past of its jobs, as a loss of data
// does, and leaves the election's record. A schedule that leads hears of it and restores what
// it knows, a moment later. While none leads nobody knows what was due: the next leader begins
// anew, and runs no due time of before.
func (o *Election) LoseLedger() {
	o.tb.Helper()
	mini := o.redis.stub.Mini
	for _, key := range mini.Keys() {
		if key == o.key+":ledger" || strings.HasPrefix(key, o.key+":runs:") {
			mini.Del(key)
		}
	}
	o.publish("ledger", "ledger - lost") // what nobody can read makes a leader look
}
