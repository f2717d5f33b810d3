package space

import (
	"fmt"
	"strings"

	"example.com/incumbent/verification/model/explore"
)

// frame is one step of a trace.
type frame = explore.Frame[state]

// tell puts a trace into words, a line a step: when, what happens, what is in the hash
// afterwards, and whose work runs.
func (m *system) tell(frames []frame) []string {
	var lines []string
	now := 0
	for i, f := range frames {
		if what(f.Step.Kind) == ticksAway {
			now++
		}
		line := fmt.Sprintf("%3d  t=%d  %-52s %-44s %s", i+1, now, m.describe(&f), m.hash(&f.After), m.atWork(&f.After))
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines
}

// hash writes what is in Redis.
func (m *system) hash(s *state) string {
	text := [...]string{absent: "absent", quarantined: "Q", open: "O"}[s.epoch]
	if s.lease == Long {
		text += " long"
	}
	for i, b := range s.beats[:m.sids] {
		if b > 0 {
			text += fmt.Sprintf(" %s.%d", m.session(uint8(i+1)), b-1)
		}
	}
	for _, t := range s.seats[:m.cfg.Seats] {
		if t.who.sid > 0 {
			text += fmt.Sprintf(" held by %s term %d", m.call(t.who), t.term)
		}
	}
	for _, w := range s.queue[:s.queued] {
		text += fmt.Sprintf(" waits %s", m.call(w))
	}
	return text
}

// atWork lists the processes whose work runs.
func (m *system) atWork(s *state) string {
	var at []string
	for p := range s.procs[:m.cfg.Processes] {
		if q := &s.procs[p]; q.works() {
			at = append(at, fmt.Sprintf("%s works (%d of %d ticks)", name(p), q.trust, m.of(p).end))
		}
	}
	return strings.Join(at, ", ")
}

func name(p int) string { return string(rune('A' + p)) }

// session names a session by its process.
func (m *system) session(sid uint8) string {
	return fmt.Sprintf("%s%d", name(m.owner(sid)), int(sid-1)%m.cfg.Sessions+1)
}

func (m *system) call(t ticket) string { return fmt.Sprintf("%s:%d", m.session(t.sid), t.call) }

// describe puts a step into words.
func (m *system) describe(f *frame) string {
	who, arg := int(f.Step.Who), int(f.Step.Arg)
	w := what(f.Step.Kind)
	switch {
	case w < ownSteps:
		return m.deed(f, w, who)
	case w == reaps:
		return fmt.Sprintf("a judge reaps session %s", m.session(uint8(who)))
	case w >= acquireArrives && w <= endArrives:
		t := ticket{uint8(who), uint8(arg & 3)}
		text := fmt.Sprintf("server takes %s of %s", arrivals[w], m.session(t.sid))
		if t.call > 0 {
			text += fmt.Sprintf(":%d", t.call)
		}
		return text + passed(arg)
	case w == beatArrives:
		return fmt.Sprintf("server takes beat %d of %s", arg+1, m.session(uint8(who)))
	case w == cleansUp:
		return "server takes a cleanup" + passed(arg)
	}
	return others[w]
}

// passed says which fate a script had.
func passed(arg int) (text string) {
	if turn := arg >> 2 & 7; turn > 0 {
		text = fmt.Sprintf(", %d in the queue passed over", turn)
	}
	if arg>>5&2 > 0 {
		text += ", and takes the seat back"
	}
	return text
}

var arrivals = map[what]string{
	acquireArrives: "an acquire", makeArrives: "an acquire that may make the session,", releaseArrives: "a release", endArrives: "the end",
}

var others = map[what]string{
	founds: "somebody writes the quarantine", opens: "a judge opens the space", openingArrives: "server takes an opening", forgets: "the hash is lost", evicts: "the lock's key is lost",
	interferes: "a stranger writes the next beat", ticksAway: "a tick",
}

// deed puts what a process does into words.
func (m *system) deed(f *frame, w what, p int) string {
	was, is := &f.Before.procs[p], &f.After.procs[p]
	text := name(p) + " " + plain[w]
	switch {
	case w == begins:
		text += fmt.Sprintf(" %d", is.call)
	case is.works() && !was.works():
		text += fmt.Sprintf(": begins to work, term %d", is.term)
	case is.phase != was.phase && is.phase != none:
		text += ": " + phaseNames[is.phase]
	}
	return text
}

var phaseNames = [...]string{none: "no session", making: "makes one", live: "trusts its session", expired: "has expired", lost: "has lost its session"}

var plain = map[what]string{
	begins: "sends an acquire of call", isAnswered: "is answered", isBeaten: "has its beat answered", works: "has ended its work", givesUp: "gives up and releases",
	isReleased: "has its release answered", beats: "sends a beat", leaves: "gives up its session", leavesEarly: "gives up its session, the work still runs",
	retries: "sends the same again", learns: "learns the lease of the epoch", lengthens: "lengthens the epoch", isQuestioned: "is asked and releases, and still waits", readsSlowly: "is answered slowly", readsBeatSlowly: "has its beat answered slowly",
	receives: "has a late answer", hears: "receives the push", crashes: "crashes",
}
