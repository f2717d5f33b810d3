package model

import (
	"fmt"
	"strings"

	"example.com/incumbent/verification/model/explore"
)

// frame is one step of a trace.
type frame[N number] = explore.Frame[state[N]]

// tell puts a trace into words, a line a step: when, what happens, what is in
// the register afterwards, and whose work runs.
func (m *model[N]) tell(frames []frame[N]) []string {
	var lines []string
	now := 0
	for i, f := range frames {
		if w := what(f.Step.Kind); w == ticksAway || w == ticksSuspended {
			now++
		}
		line := fmt.Sprintf("%3d  t=%d  %-62s %-12v %s", i+1, now, m.describe(f), f.After.reg, m.atWork(&f.After))
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines
}

// atWork lists the processes whose work runs.
func (m *model[N]) atWork(s *state[N]) string {
	var at []string
	for p := range s.procs[:m.cfg.Processes] {
		if q := &s.procs[p]; q.works() {
			t := m.ticks[q.own.lease]
			at = append(at, fmt.Sprintf("%s works (%d of %d ticks)", name(p), q.trust, t.end))
		}
	}
	return strings.Join(at, ", ")
}

// describe puts a step into words.
func (m *model[N]) describe(f frame[N]) string {
	who := int(f.Step.Who)
	if w := what(f.Step.Kind); w < ownSteps || w == hears {
		return name(who) + " " + m.deed(w, &f, &f.Before.procs[who], &f.After.procs[who])
	}
	switch what(f.Step.Kind) {
	case arrives:
		p := f.Before.net[f.Step.Arg]
		return fmt.Sprintf("server takes %s%s", p, heard(who))
	case isAsked:
		return "somebody asks the leader to step down" + heard(who)
	case isPaused:
		return [...]string{"somebody resumes", "somebody pauses for a time", "somebody pauses"}[f.Step.Arg] + heard(who)
	case forgets:
		return "the server loses its memory"
	case saves:
		return fmt.Sprintf("this record will come back: %v", f.Before.reg)
	case goesBack:
		return fmt.Sprintf("the server goes back to %v", f.After.reg)
	case ticksSuspended:
		return fmt.Sprintf("a tick; %s is suspended and its monotonic clock stands", name(who))
	case writes:
		return fmt.Sprintf("the resource takes a write of term %d", f.Before.order[f.Step.Arg])
	}
	return "a tick"
}

func heard(fate int) string {
	if fate == 0 {
		return ""
	}
	return ", and a push is under way"
}

// deed puts what a process does into words.
func (m *model[N]) deed(w what, f *frame[N], was, is *process[N]) string {
	switch w {
	case looks:
		return m.saw("is answered", f.Before.reg, was, is)
	case receives:
		return m.saw("has a late answer", was.slow, was, is)
	case hears:
		return fmt.Sprintf("hears the push %v", f.Before.push[f.Step.Arg])
	case quarantines:
		return "sees nothing and asks for a quarantine"
	case lengthens:
		return "lengthens the quarantine"
	case grants:
		return fmt.Sprintf("sends a grant: %v -> %v", is.obs, is.own)
	case clearsUp:
		return fmt.Sprintf("releases its former record %v", was.obs)
	case quits:
		return "no longer wants the grant"
	case retries:
		return fmt.Sprintf("retries: %v", is.own)
	case beats:
		return fmt.Sprintf("sends a beat: %v -> %v", is.own, m.nextBeat(is))
	case beatsAfter:
		return fmt.Sprintf("sends a beat, the pause being over: %v -> %v", is.own, m.nextBeat(is))
	case grantsAfter:
		return fmt.Sprintf("sends a grant, the pause being over: %v -> %v", is.obs, is.own)
	case publishes:
		return fmt.Sprintf("publishes %v", m.nextBeat(was))
	case readsSlowly:
		return fmt.Sprintf("is answered %v, and the answer takes its time", is.slow)
	}
	return plain[w]
}

var plain = map[what]string{
	leaves:         "ends its work of its own will",
	ends:           "has ended its work",
	releases:       "sends its release",
	givesUp:        "gives up releasing",
	crashes:        "crashes",
	starts:         "begins to work, the pause being over",
	wallClockSteps: "has its wall clock set forward",
}

// saw says what an answer shows, and what it does to the process.
func (m *model[N]) saw(how string, r record[N], was, is *process[N]) string {
	said := fmt.Sprintf("%s %v", how, r)
	switch {
	case was.mode == is.mode && was.trust > is.trust:
		return fmt.Sprintf("%s: trusts since %d ticks", said, is.trust)
	case was.mode == is.mode:
		return said
	case is.holds && !was.leads():
		return fmt.Sprintf("%s: leads in a pause, trusts since %d ticks", said, is.trust)
	case is.works() && !was.works():
		return fmt.Sprintf("%s: begins to work, trusts since %d ticks", said, is.trust)
	}
	return fmt.Sprintf("%s: %s", said, modeNames[is.mode])
}

var modeNames = [...]string{
	idle: "watches again", asking: "asks", working: "works", draining: "drains",
	expired: "has expired", lost: "has lost leadership", ending: "releases", settling: "settles",
}

// String writes what the packet would do.
func (p packet[N]) String() string {
	switch p.kind {
	case swap:
		return fmt.Sprintf("GETSET %v", p.next)
	case incr:
		return "INCR"
	case drop:
		return "DEL"
	case byName:
		return fmt.Sprintf("release by the name %s", name(int(p.next.holder)-1))
	}
	return fmt.Sprintf("CAS %v -> %v", p.expect, p.next)
}
