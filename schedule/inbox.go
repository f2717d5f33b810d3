package schedule

import (
	"strings"
	"sync"
	"time"

	"example.com/incumbent/internal/register"
)

// An inbox holds what others bring to a runner. Who brings something never waits.
type inbox struct {
	wake chan struct{} // 1-slot

	mu         sync.Mutex
	ended      []endedRun
	answers    []answer
	notes      map[string]string // the last of each job
	subscribed bool
}

// An answer is what became of a packet.
type answer struct {
	results  []register.Result
	received time.Duration
}

// An endedRun is a run that has ended.
type endedRun struct {
	job   string
	ended *ended
}

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1), notes: map[string]string{}} }

// put changes the inbox and wakes the runner.
func (i *inbox) put(change func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change()
	select {
	case i.wake <- struct{}{}:
	default:
	}
}

func (i *inbox) end(job string, x *ended) {
	i.put(func() { i.ended = append(i.ended, endedRun{job, x}) })
}

func (i *inbox) answer(a answer) {
	i.put(func() { i.answers = append(i.answers, a) })
}

// hear takes in a notification; an empty one says that the channel was subscribed. At most
// one for each of some jobs is kept: anybody may publish.
func (i *inbox) hear(text string) {
	const most = 2000
	i.put(func() {
		fields := strings.SplitN(text, " ", 3)
		switch {
		case text == "":
			i.subscribed = true
		case len(fields) == 3 && fields[0] == "ledger" && len(i.notes) < most:
			i.notes[fields[1]] = fields[2]
		}
	})
}

// take empties the inbox.
func (i *inbox) take() (ended []endedRun, answers []answer, notes map[string]string, subscribed bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	ended, answers, notes, subscribed = i.ended, i.answers, i.notes, i.subscribed
	i.ended, i.answers, i.subscribed = nil, nil, false
	if len(notes) > 0 {
		i.notes = map[string]string{}
	} else {
		notes = nil
	}
	return ended, answers, notes, subscribed
}
