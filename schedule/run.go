package schedule

import (
	"context"
	"errors"
	"sync"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/scope"
)

// A runner is a schedule in one term. One goroutine owns it, that of the work: it decides,
// and takes in what others bring into its inbox. One packet at a time is under way, so
// answers come in the order of the requests.
type runner struct {
	ctx    context.Context // the work's: runs end with it
	cancel context.CancelCauseFunc
	kept   context.Context // lasts while leadership is kept
	stall  time.Duration   // how long the term lasts without a report of progress; 0: for ever
	store  store
	report func(election.Event)
	past   *past
	inbox  *inbox
	clock  serverClock
	launch func(s *state, tick Tick, of runOf) // begins a run and does not wait for it

	states map[string]*state
	order  []*state
	heirs  map[string]*state // by the former name
	cells  map[string]cell   // the ledger as last seen
	here   map[string]bool   // entries that this term has seen
	loaded bool

	queue        []*task
	packet       []*task // under way; of a look it is empty
	sending      bool
	lookAt       time.Duration // by the monotonic clock
	retryAt      time.Duration
	pause        time.Duration // before the next retry
	troubleSince time.Duration
	trouble      bool

	runs     int
	stopping bool  // nothing is started any more
	over     bool  // nothing is written any more
	failed   error // what Work returns
	lineLost bool  // that was reported
	parallel sync.WaitGroup
}

// A state is what is known of one entry of the ledger.
type state struct {
	name string
	job  *Job // nil: not declared here
	cal  string

	wake   int64 // when to decide, by the server's clock
	task   *task // to be written
	run    *run  // under way
	ended  *ended
	broken string // why it is not decided about, as last reported
}

// A task is one write. Once sent its bytes stay the same until it is answered.
type task struct {
	state        *state
	field        string
	expect, next string
	action       action
	sent         bool
}

const (
	packetSize = 512
	minPause   = 100 * time.Millisecond
	maxSkew    = 24 * time.Hour
)

var errStopped = errors.New("schedule: the schedule stops")

func newRunner(ctx context.Context, h register.Holder, p *past, jobs []Job) *runner {
	r := &runner{
		kept: election.Drain(ctx), stall: scope.Stall(ctx), store: store{h, &h.Grant}, past: p, inbox: newInbox(), clock: serverClock{holder: h},
		states: map[string]*state{}, heirs: map[string]*state{}, cells: map[string]cell{}, here: map[string]bool{},
	}
	r.ctx, r.cancel = context.WithCancelCause(ctx)
	r.launch = func(s *state, tick Tick, of runOf) { r.parallel.Go(func() { r.execute(s, tick, of) }) }
	var ok bool
	if r.report, ok = ctx.Value(scope.ReportKey{}).(func(election.Event)); !ok {
		r.report = func(election.Event) {}
	}
	for i := range jobs {
		r.add(&state{name: jobs[i].Name, job: &jobs[i], cal: calID(jobs[i].Due.String())})
	}
	return r
}

func (r *runner) add(s *state) {
	r.states[s.name] = s
	r.order = append(r.order, s)
	if s.job != nil && s.job.Formerly != "" {
		r.heirs[s.job.Formerly] = s
	}
}

// run works until the term has ended, or the ledger cannot be used.
func (r *runner) run() error {
	defer r.cancel(errStopped)
	defer r.store.holder.Listen(r.store.channel(), r.inbox.hear)()
	for {
		r.advance()
		r.checkEnd()
		r.takeIn()
		if r.finished() {
			r.parallel.Wait()
			return r.failed
		}
		r.decideAll()
		r.send()
		r.await()
	}
}

// checkEnd takes in that the term ends, and that leadership is gone.
func (r *runner) checkEnd() {
	if !r.stopping && (r.failed != nil || election.ContextErr(r.ctx) != nil) {
		r.stopping = true
		r.queue = dropUnsent(r.queue)
		for _, s := range r.order {
			s.wake = 0
		}
	}
	if !r.over && r.kept.Err() != nil {
		r.giveUp()
	}
}

// dropUnsent keeps what may have been executed.
func dropUnsent(queue []*task) []*task {
	var left []*task
	for _, t := range queue {
		if t.sent || !t.action.start {
			left = append(left, t)
		} else {
			t.state.task = nil
		}
	}
	return left
}

// giveUp leaves what is not written to the next leader.
func (r *runner) giveUp() {
	r.over, r.stopping, r.queue = true, true, nil
	for _, s := range r.order {
		s.settle()
		s.task = nil
	}
}

// settle lets go a run that waits until its end is written.
func (s *state) settle() {
	if s.ended != nil && s.ended.settled != nil {
		close(s.ended.settled)
	}
	s.ended = nil
}

// fail ends the work.
func (r *runner) fail(err error) {
	if r.failed == nil {
		r.failed = err
	}
	r.cancel(err)
	r.giveUp()
}

// finished reports whether the term has ended and nothing is left to do.
func (r *runner) finished() bool {
	if !r.stopping || r.runs > 0 || r.sending {
		return false
	}
	if r.over {
		return true
	}
	for _, s := range r.order {
		if s.ended != nil || s.task != nil {
			return false
		}
	}
	return true
}

// decideAll decides about every entry whose time has come.
func (r *runner) decideAll() {
	if !r.loaded || r.over {
		return
	}
	now := r.clock.now()
	for _, s := range r.order {
		if s.task == nil && s.wake <= now {
			r.decide(s, now)
		}
		if s.run != nil {
			s.run.checkStuck(r, s)
		}
	}
}

func (r *runner) decide(s *state, now int64) {
	a, field, err := r.next(s, now)
	if err != nil {
		r.breaks(s, err)
		s.wake = now + time.Minute.Milliseconds()
		return
	}
	s.broken = ""
	s.wake = a.wake
	if !a.write {
		if a.forget {
			s.settle()
			s.wake = 0
		}
		return
	}
	t := &task{state: s, field: field, expect: r.cells[field].text, action: a}
	if a.entry != nil {
		t.next = a.entry.String()
	}
	s.task = t
	r.queue = append(r.queue, t)
}

// next is what to do about an entry, and which one to write.
func (r *runner) next(s *state, now int64) (a action, field string, err error) {
	present, err := r.entry(s.name)
	if err != nil {
		return wait, "", err
	}
	if s.job == nil {
		if present == nil || r.stopping {
			return wait, "", nil
		}
		return undeclared(*present, now), s.name, nil
	}
	former, err := r.entry(s.job.Formerly)
	if err != nil {
		return wait, "", err
	}
	x := situation{
		job: *s.job, cal: s.cal, term: r.store.grant.Term, now: now, entry: present, former: former,
		heard: r.past.heard(s.name), here: r.here[s.name], running: s.run != nil, ended: s.ended, stopping: r.stopping,
	}
	if a, err = x.decide(); a.ofFormer {
		return a, s.job.Formerly, err
	}
	return a, s.name, err
}

// breaks reports once that a job cannot be decided about. Other jobs go on.
func (r *runner) breaks(s *state, err error) {
	if s.broken != err.Error() {
		s.broken = err.Error()
		kind := KindFailed
		if errors.Is(err, election.ErrForeignRecord) {
			kind = election.KindForeignRecord
		}
		r.report(election.Event{Kind: kind, Item: s.name, Err: err})
	}
}
