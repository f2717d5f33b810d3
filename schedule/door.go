package schedule

import (
	"context"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/stepwise"
)

// door lets the simulation of the ledger take the steps of a runner one by one.
type door = stepwise.Door

func newDoor(jobs []Job) door {
	return stepwise.NewDoor(func(kept context.Context, h register.Holder, start func(stepwise.Start)) stepwise.Term {
		r := newRunner(kept, h, pastOf(h), jobs)
		r.launch = func(s *state, t Tick, _ runOf) {
			start(stepwise.Start{Job: s.name, Due: t.Due, Key: t.Key, Attempt: t.Attempt})
		}
		return steps{r}
	}, steered)
}

// steered is the write of somebody who asks for something; false if there is nothing to write.
func steered(h register.Holder, r stepwise.Request, text string, server int64) (register.Call, bool) {
	f := request(resume)
	switch {
	case r.Run:
		f = askFor("")
	case r.Pause:
		f = pauseUntil(r.Until, "")
	}
	s := store{holder: h}
	next, err := changed(s, r.Job, text, server, f)
	return s.writeCall(r.Job, text, next, 0, ""), err == nil && next != text
}

// steps is a runner without goroutines.
type steps struct{ r *runner }

func (t steps) Step() (finished bool) {
	t.r.checkEnd()
	t.r.takeIn()
	if t.r.finished() {
		t.r.cancel(errStopped)
		return true
	}
	t.r.decideAll()
	return false
}

func (t steps) Pack() []register.Call { return t.r.pack() }

func (t steps) Answer(results []register.Result, received time.Duration) {
	t.r.inbox.answer(answer{results, received})
}

func (t steps) Hear(text string) { t.r.inbox.hear(text) }

func (t steps) Ended(job string, err error) {
	interrupted := err != nil && election.ContextErr(t.r.ctx) != nil
	t.r.inbox.end(job, &ended{run: t.r.states[job].run.of, began: true, err: err, interrupted: interrupted})
}

func (t steps) Stop() { t.r.cancel(errStopped) }

func (t steps) Wait() time.Duration { return t.r.untilNext() }
