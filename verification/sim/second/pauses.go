package second

import (
	"strconv"
	"strings"
	"time"

	"example.com/incumbent/verification/sim/check"
)

// pauseOf are the words that say until when a record is paused, and why; empty if it is not.
func pauseOf(r check.State) string {
	until, why := word(r, "p="), word(r, "pr=")
	if n, err := strconv.ParseUint(until, 10, 63); err != nil || strconv.FormatUint(n, 10) != until {
		return ""
	}
	return until + " " + why
}

// word is what follows the first such prefix behind meta.
func word(r check.State, prefix string) string {
	_, words, _ := strings.Cut(r.Rest+" ", " ")
	_, after, _ := strings.Cut(" "+words, " "+prefix)
	text, _, _ := strings.Cut(after, " ")
	return text
}

// judgePauses has a pause end by who was asked to change it, or by its time, and no work
// begin in a term of which every record was paused.
func (s *story) judgePauses() {
	free := map[int64]time.Duration{}
	for _, w := range s.writes {
		s.judgePause(w)
		if _, known := free[w.now.Term]; !known && w.now.Status == check.Led && pauseOf(w.now) == "" {
			free[w.now.Term] = w.at
		}
	}
	for _, w := range s.works {
		if at, written := free[w.term]; w.written >= 0 && (!written || at > w.from) {
			s.violate(Pause, w.from, "p%d works in term %d, of which every record was paused", w.number, w.term)
		}
	}
}

func (s *story) judgePause(w write) {
	before, after := pauseOf(w.was), pauseOf(w.now)
	op := operationOf(w.was, w.now)
	if before == after || !w.was.Readable() || op == unknown {
		return
	}
	sent := check.Sent{Expect: w.was, Next: w.now}
	for _, n := range s.asked[sent] {
		if n.then.asked > 0 && (op == pausing || op == stepDown) {
			return
		}
	}
	if (op == grant || op == beat) && after == "" && s.isOver(before, w.at) {
		return
	}
	s.violate(Pause, w.at, "%v becomes %v, and the pause %q becomes %q", w.was, w.now, before, after)
}

// isOver reports whether a pause may have ended by the server's clock.
func (s *story) isOver(pause string, at time.Duration) bool {
	until, _, _ := strings.Cut(pause, " ")
	ms, _ := strconv.ParseInt(until, 10, 64)
	return ms > 0 && (s.server.IsZero() || s.clockSet > 0 || s.server.Add(at).UnixMilli() >= ms)
}
