package demo

import (
	"fmt"

	"example.com/incumbent/election"
)

// Observe prints what happens to this candidate beside its terms; use it as
// Config.Observer.
func (c *Candidate) Observe(ev election.Event) {
	switch ev.Kind {
	case election.KindElected:
		c.announce(ev)
	case election.KindRevoked: // told by OnRevoked, which comes after the work
	case election.KindStandby:
		c.standBy(ev.Leader)
	case election.KindQuarantined:
		c.quarantine(ev)
	case election.KindReleased:
		c.mu.Lock()
		c.released = true
		c.mu.Unlock()
	case election.KindReleaseFailed, election.KindGrantUnresolved:
		err := fmt.Errorf("could not release leadership, since Redis does not answer: others wait up to %s for it", tenths(ev.Wait))
		c.out.warn(c.ID, err.Error())
		c.trouble(err)
	default:
		if ev.Err != nil {
			c.trouble(ev.Err)
		}
	}
}

// announce leaves the event for Elected, in place of one that was left there.
func (c *Candidate) announce(ev election.Event) {
	select {
	case <-c.announced:
	default:
	}
	c.announced <- ev
}

// standBy reports a leader that is new to this candidate. People see candidates
// of the same process elected, and only need to be told of others.
func (c *Candidate) standBy(leader election.Leader) {
	c.mu.Lock()
	known := c.standby == leader.Term
	c.standby, c.history = leader.Term, true
	c.mu.Unlock()
	if known || !c.out.json && c.out.isOurs(leader.ID) {
		return
	}
	c.Tell(Line{Event: "standby", Leader: leader.ID}, fmt.Sprintf("%s leads, in term %d", leader.ID, leader.Term))
}

func (c *Candidate) quarantine(ev election.Event) {
	c.mu.Lock()
	why := "first start of %q on this Redis"
	if c.history {
		why = "Redis has forgotten %q"
	}
	c.history = true
	c.mu.Unlock()
	c.out.say(c.ID, fmt.Sprintf(why+": waiting %v to be sure that nobody leads (see Bootstrap)", ev.Name, ev.Wait))
}

// trouble prints an error of the election where -json is read. People find it in
// the log, on stderr.
func (c *Candidate) trouble(err error) {
	if c.out.json {
		c.Fail(err)
	}
}
