package ledger

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/stepwise"
)

const key = "incumbent:{nightly}"

var (
	errJob  = errors.New("did not work")
	errOver = errors.New("the term is over")
)

// tenure is a process in a term.
type tenure struct {
	w     *world
	p     *process
	n     int64
	term  stepwise.Term
	lose  context.CancelFunc
	runs  map[string]*running
	wake  int   // of the timer that counts
	gone  bool  // the process is no more, or all is done
	cut   bool  // from Redis
	until int64 // stands still until then
	trap  *trap
	ended func()
}

// running is a run under way.
type running struct{ over bool }

// trap springs when a term gets to a place.
type trap struct {
	place  place
	left   int
	spring func()
}

type place int

// The places at which something can happen to a leader.
const (
	packed place = iota
	executed
	answered
	started
	ended
	places
)

// begin has a process lead.
func (w *world) begin(p *process) {
	w.term++
	nonce := fmt.Sprintf("n%d", w.term)
	w.server.record = fmt.Sprintf("1 L %d 0 15000 p%d %s - ", w.term, p.n, nonce)
	kept, lose := context.WithCancel(context.Background())
	h := register.Holder{
		Place: register.Place{Key: key}, Client: client{w.server}, Grant: record.Grant{Term: w.term, Nonce: nonce},
		Beside: register.Beside{
			Line: p.line, Name: "nightly", ID: "p" + strconv.Itoa(p.n), Memory: p.memory,
			Lease: time.Duration(lookTime) * time.Microsecond, Attempt: time.Duration(attempt) * time.Microsecond,
		},
	}
	t := &tenure{w: w, p: p, n: w.term, lose: lose, runs: map[string]*running{}}
	t.term = w.versions[p.version].schedule.BeginTerm(kept, h, t.start)
	w.book.Begin(t.n, w.versions[p.version].jobs, w.serverMillis())
	w.leader = t
	w.doom(t)
	for _, arrive := range w.overtaken { // beside the first packet of the new term
		w.after(w.between(0, 20_000), arrive)
	}
	w.overtaken = nil
	t.step()
}

// step goes on with what there is to do.
func (t *tenure) step() {
	w := t.w
	if t.gone || t.stands(t.step) {
		return
	}
	if t.term.Step() {
		t.finish()
		return
	}
	if calls := t.term.Pack(); len(calls) > 0 {
		t.send(calls)
	}
	t.wake++
	mine := t.wake
	w.after(1+int64(float64(t.term.Wait().Microseconds())/t.p.rate), func() {
		if t.wake == mine {
			t.step()
		}
	})
}

// stands has do done later if the process stands still.
func (t *tenure) stands(do func()) bool {
	if t.until <= t.w.now {
		return false
	}
	t.w.agenda.put(t.until, do)
	return true
}

// finish ends what has nothing left to do.
func (t *tenure) finish() {
	t.gone = true
	t.lose()
	if t.ended != nil {
		t.ended()
	}
}

// die ends a process.
func (t *tenure) die() {
	for job, r := range t.runs {
		if !r.over {
			r.over = true
			t.w.book.End(t.n, job)
		}
	}
	t.gone = true
	t.lose()
}

// reach springs the trap, if it is set at that place.
func (t *tenure) reach(at place) {
	if t.trap == nil || t.trap.place != at {
		return
	}
	if t.trap.left--; t.trap.left <= 0 {
		spring := t.trap.spring
		t.trap = nil
		spring()
	}
}

// start begins a run.
func (t *tenure) start(s stepwise.Start) {
	w, r := t.w, &running{}
	due := strconv.FormatInt(s.Due.UnixMilli(), 10)
	if s.Due.IsZero() {
		due = "@" + s.Key[strings.LastIndex(s.Key, "/")+1:]
	}
	w.book.Start(t.n, s.Job, due, int64(s.Attempt))
	t.runs[s.Job] = r
	lasts := w.between(second/10, 40*second)
	if w.happens(0.03) {
		lasts = w.between(minute, 40*minute)
	}
	var err error
	if w.happens(0.1) {
		err = errJob
	}
	w.after(lasts, func() { t.end(s.Job, r, err) })
	w.after(0, func() { t.reach(started) })
}

// end ends a run.
func (t *tenure) end(job string, r *running, err error) {
	if r.over || t.stands(func() { t.end(job, r, err) }) {
		return
	}
	r.over = true
	t.w.book.End(t.n, job)
	if t.gone {
		return
	}
	t.term.Ended(job, err)
	t.step()
	t.reach(ended)
}

// endRuns tells runs that the term is over; they return within d.
func (t *tenure) endRuns(d int64) {
	for _, job := range sorted(t.runs) {
		r, err := t.runs[job], errOver
		if t.w.happens(0.3) {
			err = nil
		}
		t.w.after(t.w.between(1, d), func() { t.end(job, r, err) })
	}
}

// send puts a packet on its way.
func (t *tenure) send(calls []register.Call) {
	w := t.w
	w.faults.Requests++
	way := w.between(100, 20_000)
	answered := false
	answer := func(results []register.Result) {
		if !answered {
			answered = true
			t.answer(results)
		}
	}
	w.after(attempt, func() { answer(t.silence(calls)) })
	switch {
	case w.calm():
	case t.cut:
		w.faults.RequestsLost++
		return
	case w.happens(0.02):
		w.faults.RequestsLost++
		return
	case w.happens(0.01):
		w.faults.Late++
		way = w.between(attempt, 3*lease)
	}
	if w.happens(0.02) && !w.calm() {
		w.faults.Copies++
		w.after(way+w.between(1, tooLate), func() { w.execute(t, calls) })
	}
	arrive := func() {
		results := w.execute(t, calls)
		if !w.calm() && (t.cut || w.happens(0.02) || w.askUpon() && w.happens(0.5)) {
			w.faults.AnswersLost++
			return
		}
		w.after(w.between(100, 20_000), func() { answer(results) })
		t.reach(executed)
	}
	t.reach(packed)
	if w.leader != t && !w.calm() && w.happens(0.5) { // what has just happened to it overtakes the packet
		w.faults.Overtaken++
		w.overtaken = append(w.overtaken, arrive)
		return
	}
	w.after(way, arrive)
}

// silence is the answer to what was not answered.
func (t *tenure) silence(calls []register.Call) []register.Result {
	results := make([]register.Result, len(calls))
	for i := range results {
		results[i].Err = fmt.Errorf("%w: no answer", election.ErrUnavailable)
	}
	return results
}

func (t *tenure) answer(results []register.Result) {
	if t.gone || t.stands(func() { t.answer(results) }) {
		return
	}
	t.reach(answered)
	if t.gone || t.stands(func() { t.answer(results) }) {
		return
	}
	t.term.Answer(results, t.p.Now().Mono)
	t.step()
}

// execute has the server execute a packet.
func (w *world) execute(t *tenure, calls []register.Call) []register.Result {
	results := make([]register.Result, 0, len(calls))
	for i := range calls {
		result := t.p.line.Execute(context.Background(), calls[i:i+1])[0]
		if errors.Is(result.Err, register.ErrNotHeld) {
			w.faults.Refused++
		}
		results = append(results, result)
		for _, c := range w.server.wrote {
			w.book.Wrote(toBook(t, w, c))
		}
		w.server.wrote = w.server.wrote[:0]
	}
	return results
}

// run does all there is to do, until so much is broken that the rest would say no more.
func (w *world) run() {
	for w.agenda.Len() > 0 && !w.book.Full() {
		e := heap.Pop(&w.agenda).(event)
		if e.at > w.end {
			return
		}
		w.now = e.at
		e.do()
	}
}
