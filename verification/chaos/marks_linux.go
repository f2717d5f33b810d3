package chaos

import "time"

// tick says that the parent runs: up to then, its own stream is complete.
func (j *judge) tick(at time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.world.mark = at
}

// parentLate notes that the parent, which carries everybody's bytes, did not get to
// run.
func (j *judge) parentLate(from, to time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.spanned(partParent, from, to)
	j.world.mark = to
}

func (j *judge) spanned(part int, from, to time.Duration) {
	s := span{part, from - j.start, to - j.start}
	j.world.add(entry{at: from, do: func() { j.report.held(s) }})
}

// answered notes that the server has answered a mark. What MONITOR shows up to it is
// complete when it has shown the mark, too.
func (j *judge) answered(number int, asked time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if now := monotonic(); now-asked > markEvery/2 {
		j.spanned(partServer, max(asked, j.world.mark), now)
	}
	j.marks.answered = number
	j.marked()
}

// marks are the last that were answered and shown.
type marks struct {
	answered, shown int
	at              time.Duration // when the server did what was shown last
}

func (j *judge) marked() {
	if j.marks.shown <= j.marks.answered && j.key.mark != forever {
		j.key.mark = max(j.key.mark, j.marks.at)
	}
}
