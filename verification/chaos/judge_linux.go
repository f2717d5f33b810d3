package chaos

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"example.com/incumbent/verification/sim/check"
)

// judge merges what all sources tell into one history, which is judged as it grows.
type judge struct {
	mu      sync.Mutex
	start   time.Duration
	streams []*stream
	world   *stream // the parent's own
	key     *stream // what MONITOR shows
	history *check.History
	now     time.Duration // of the entry that is added, from the start
	asks    map[string]bool
	holds   string // what the key holds, as far as was told
	present bool
	written map[string]bool
	older   map[int]bool // processes of an older version
	recent  []string     // of what was written
	evicts  bool         // an eviction is under way
	marks   marks
	report  *tally
	failure error
}

// newJudge returns a judge that writes the whole history to the log, if there is one.
func newJudge(lease time.Duration, log io.Writer) *judge {
	j := &judge{start: monotonic(), asks: map[string]bool{}, written: map[string]bool{}, older: map[int]bool{}}
	j.world, j.key = &stream{mark: j.start}, &stream{mark: forever}
	j.streams = []*stream{j.world, j.key}
	j.history = check.NewHistory(func() time.Duration { return j.now })
	j.report = newTally(lease)
	j.history.Excuse(j.report.excuse)
	j.history.SendsAreLate()
	j.then(func() { j.history.Add(0, check.Serves{At: time.Now()}) })
	j.history.Watch(func(e check.Entry) {
		j.report.see(e)
		if log != nil {
			fmt.Fprintln(log, e)
		}
	})
	return j
}

// follow adds a process' journal.
func (j *judge) follow(proc int, path string) (*stream, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	s, err := openStream(proc, path)
	if err == nil {
		j.streams = append(j.streams, s)
	}
	return s, err
}

// lost ends the stream of a process that is gone since then. Without a word it has
// crashed; if it was frozen before, nobody but this can tell.
func (j *judge) lost(s *stream, died time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.failed(s.read())
	stopped := slices.ContainsFunc(s.waiting, func(e entry) bool { return e.line.K == kStopped })
	if gap := died - s.last; gap > 2*tickEvery {
		s.add(entry{at: s.last, line: line{K: kStalled, D: gap}})
	}
	if !stopped {
		s.add(entry{at: died, do: func() { j.history.Add(s.proc, check.Crashed{}) }})
	}
	s.end()
}

// tell adds an event of the world that happens now.
func (j *judge) tell(ev check.Event) {
	j.then(func() { j.history.Add(0, ev) })
}

// then has something done when the history has come to this moment.
func (j *judge) then(do func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.world.add(entry{at: monotonic(), do: do})
}

// changed adds what MONITOR shows.
func (j *judge) changed(ch change) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if ch.kind == mark {
		j.marks.shown, j.marks.at = ch.number, ch.at
		j.marked()
		return
	}
	j.key.add(entry{at: ch.at, do: func() { j.change(ch) }})
}

// serverUp says that from now on MONITOR shows what happens, and what the key held
// when that began.
func (j *judge) serverUp(bytes *string, how string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := monotonic()
	j.key.mark = now
	j.key.add(entry{at: now, do: func() { j.restored(bytes, how) }})
}

// serverDown says that the server is gone, and that MONITOR has shown all.
func (j *judge) serverDown() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.key.mark = forever
}

// pump adds to the history what is complete.
func (j *judge) pump() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	until := monotonic()
	for _, s := range j.streams {
		j.failed(s.read())
		until = min(until, s.mark)
	}
	var ready []entry
	for _, s := range j.streams {
		ready = append(ready, s.release(until)...)
	}
	slices.SortStableFunc(ready, func(a, b entry) int { return int(a.at - b.at) })
	for _, e := range ready {
		j.add(e)
	}
	j.streams = slices.DeleteFunc(j.streams, func(s *stream) bool {
		return s.file == nil && s != j.world && s != j.key && len(s.waiting) == 0
	})
	return j.failure
}

func (j *judge) failed(err error) {
	if j.failure == nil && err != nil {
		j.failure = fmt.Errorf("chaos: reading a journal: %w", err)
	}
}

func (j *judge) add(e entry) {
	at := e.at - j.start
	if at < j.now {
		j.report.disordered = append(j.report.disordered, fmt.Sprintf("%v, by %v: p%d %s", at, j.now-at, e.from.proc, e.line.K))
		at = j.now
	}
	j.now = at
	if e.do != nil {
		e.do()
		return
	}
	if e.line.K == kSent && e.line.Expect == nil {
		j.asks[e.line.Next] = true
	}
	if e.line.K == kStarted && j.older[e.from.proc] {
		e.line.Settings.Older = true
	}
	if ev := j.event(e.line); ev != nil && (e.from.proc != 0 || e.line.K == kFenced) {
		j.history.Add(e.from.proc, ev)
	}
}

// event turns a line into what the checker knows.
func (j *judge) event(l line) check.Event {
	switch l.K {
	case kStarted:
		return check.Started{ID: l.Text, Rate: 1, Candidate: true, Settings: *l.Settings}
	case kAsks:
		return check.Asks{What: l.Text}
	case kAskedFor:
		return check.AskedFor{What: l.Text, Err: l.Reason}
	case kCalled:
		return check.Called{}
	case kCancelled:
		return check.Cancelled{}
	case kReturned:
		return check.Returned{Err: l.Text}
	case kStopped:
		return check.Stopped{}
	case kSent:
		return j.sent(l)
	case kAnswered:
		return check.Answered{Sent: j.sent(l), Got: j.state(l.Got)}
	case kLooked:
		return check.Looked{Got: j.state(l.Got)}
	case kFenced:
		return check.Fenced{Resource: "resource", Term: l.Term, Accepted: l.OK}
	}
	return workEvent(l)
}

func workEvent(l line) check.Event {
	switch l.K {
	case kBegan:
		return check.Began{Term: l.Term}
	case kElected:
		return check.Elected{Term: l.Term}
	case kStepped:
		return check.Stepped{Term: l.Term, Age: l.D}
	case kNoticed:
		return check.Noticed{Term: l.Term, Cause: l.Text}
	case kDrains:
		return check.Drains{Term: l.Term, For: l.D}
	case kRevoked:
		return check.Revoked{Term: l.Term}
	case kEnded:
		return check.Ended{Term: l.Term, How: l.Text}
	case kBelieved:
		return check.Believed{Leads: true, Healthy: true, Age: l.D}
	case kTold:
		return check.Told{Kind: presentKind(l.Text), Term: l.Term, Reason: l.Reason}
	case kBacked:
		return check.Backed{For: l.D}
	case kStalled:
		return check.Stalled{For: l.D}
	}
	return nil
}

func (j *judge) sent(l line) check.Sent {
	return check.Sent{Expect: j.state(l.Expect), Next: j.history.State(true, l.Next)}
}

func (j *judge) state(bytes *string) check.State {
	if bytes == nil {
		return check.State{}
	}
	return j.history.State(true, *bytes)
}

// isOlder says that a process is of a version that counts beats one by one and knows no pause.
func (j *judge) isOlder(proc int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.older[proc] = true
}

// leader is the process that works, as far as was told, or 0.
func (j *judge) leader() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.report.leader()
}

// grave reports whether something was found that is worth ending a run for: more than
// somebody's being late.
func (j *judge) grave() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.ContainsFunc(j.history.SoFar().Violations, func(v check.Violation) bool { return j.report.window(v.Rule) == 0 })
}

// complain adds a finding that no history shows.
func (j *judge) complain(rule check.Rule, text string) {
	j.then(func() { j.history.Complain(rule, text) })
}

// finish judges the end.
func (j *judge) finish() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.history.Report()
}

// last says that nothing more comes from the parent.
func (j *judge) last() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.world.mark = forever
}

// summary is what there is to say of the history.
func (j *judge) summary() *Summary {
	j.mu.Lock()
	defer j.mu.Unlock()
	r, t := j.history.SoFar(), j.report
	s := &Summary{
		Faults: maps.Clone(t.faults), Reports: maps.Clone(t.reports), Entries: r.Entries, Terms: r.Terms, Takeovers: t.takeovers, Handovers: t.handovers,
		Quarantines: t.quarantined, Refused: r.Refused, Breaches: r.Breaches, Excused: append([]string{}, t.excuses...),
		LongestVacantMS: milliseconds(t.longest), Stalls: t.stalls, LongestStallMS: milliseconds(t.stalled),
		OutOfOrder: append([]string{}, t.disordered...), Violations: []string{}, Unseen: t.unseen, Story: j.history.Story(),
	}
	for _, v := range r.Violations {
		s.Violations = append(s.Violations, v.String())
	}
	return s
}
