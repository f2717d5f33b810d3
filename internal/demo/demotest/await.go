package demotest

import (
	"regexp"
	"testing"
	"time"
)

// until waits until done reports true; it looks again whenever there is more.
func (p *Process) until(what string, done func() bool) {
	p.tb.Helper()
	late := time.After(patience)
	for {
		p.mu.Lock()
		grown := p.grown
		p.mu.Unlock()
		ended := p.hasExited() // asked before looking: nothing comes after the end
		switch {
		case done():
			return
		case ended:
			p.tb.Fatalf("demotest: it ended before: %s", what)
		}
		select {
		case <-grown:
		case <-p.exited:
		case <-late:
			p.tb.Fatalf("demotest: not within %v: %s", patience, what)
		}
	}
}

func (p *Process) hasExited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// Await returns the first event that matches, after the one that it returned
// before.
func (p *Process) Await(what string, match func(Event) bool) Event {
	p.tb.Helper()
	var found Event
	p.until(what, func() bool {
		p.mu.Lock()
		fresh := p.stdout[p.read:]
		p.mu.Unlock()
		for _, line := range fresh {
			p.read++
			if found = parse(p.tb, line); match(found) {
				return true
			}
		}
		return false
	})
	return found
}

// AwaitEvent is Await for the name of an event.
func (p *Process) AwaitEvent(name string) Event {
	p.tb.Helper()
	return p.Await(name, func(e Event) bool { return e.Event == name })
}

// AwaitText waits until something matches of what is printed for people.
func (p *Process) AwaitText(pattern string) {
	p.tb.Helper()
	re := regexp.MustCompile(pattern)
	p.until(pattern, func() bool { return re.MatchString(p.Stdout()) })
}

// AwaitLeader waits until each of the processes has seen who leads, and returns
// the one that does and the event that said so.
func AwaitLeader(tb testing.TB, processes ...*Process) (*Process, Event) {
	tb.Helper()
	var leader *Process
	var elected Event
	for _, p := range processes {
		e := p.Await("a leader", func(e Event) bool { return e.Event == "elected" || e.Event == "standby" })
		if e.Event == "elected" {
			leader, elected = p, e
		}
	}
	if leader == nil {
		tb.Fatal("demotest: all stand by, none leads")
	}
	return leader, elected
}
