package check

import (
	"fmt"
	"strings"
	"time"
)

// How the events read in a history.

func (e Started) String() string {
	role := "candidate"
	if !e.Candidate {
		role = "observer"
	}
	return fmt.Sprintf("starts as %s %q, clock x%.3f, %v", role, e.ID, e.Rate, e.Settings)
}

func (s Settings) String() string {
	text := fmt.Sprintf("lease %v, grace %v", s.Lease, s.Grace)
	if s.Immediate {
		text += ", immediate"
	}
	if s.Once {
		text += ", once"
	}
	return text
}

func (e Configured) String() string { return "is configured anew: " + e.Settings.String() }
func (Crashed) String() string      { return "CRASHES" }
func (Stopped) String() string      { return "has stopped" }
func (Called) String() string       { return "calls Lead" }
func (Cancelled) String() string    { return "cancels Lead" }

func (e Returned) String() string {
	if e.Err == "" {
		return "Lead returns"
	}
	return "Lead returns: " + e.Err
}

func (e Sent) String() string     { return fmt.Sprintf("sends %v, expecting %v", e.Next, e.Expect) }
func (e Answered) String() string { return fmt.Sprintf("is answered %v", e.Got) }
func (e Offered) String() string  { return fmt.Sprintf("is told of %v, number %d", e.Now, e.Rank) }
func (e Looked) String() string   { return fmt.Sprintf("sees %v", e.Got) }
func (e Heard) String() string    { return fmt.Sprintf("hears %v", e.Now) }
func (e Asks) String() string     { return "asks to " + e.What }
func (e AskedFor) String() string { return strings.TrimSpace("has asked to " + e.What + " " + e.Err) }
func (e Began) String() string    { return fmt.Sprintf("WORKS, term %d", e.Term) }
func (e Elected) String() string  { return fmt.Sprintf("OnElected, term %d", e.Term) }
func (e Stepped) String() string  { return fmt.Sprintf("does a step, term %d", e.Term) }
func (e Revoked) String() string  { return fmt.Sprintf("OnRevoked returns, term %d", e.Term) }
func (e Backed) String() string   { return fmt.Sprintf("stands back for %v", e.For) }
func (e Observed) String() string { return fmt.Sprintf("observes term %d", e.Term) }
func (e Wrote) String() string    { return fmt.Sprintf("key := %v", e.Now) }
func (e Serves) String() string   { return "serves from " + e.At.UTC().Format(time.RFC3339Nano) }
func (e Pushed) String() string   { return fmt.Sprintf("pushes %v", e.Now) }
func (e Forgot) String() string   { return fmt.Sprintf("key is gone (%s)", e.How) }
func (e Put) String() string      { return fmt.Sprintf("key := %v (%s)", e.Now, e.How) }
func (e WallSet) String() string  { return fmt.Sprintf("wall clock is set by %v", e.By) }
func (Calm) String() string       { return "---- calm ----" }
func (Storm) String() string      { return "---- storm ----" }

func (e Noticed) String() string {
	return fmt.Sprintf("its context has ended, term %d (%s)", e.Term, e.Cause)
}

func (e Drains) String() string {
	return fmt.Sprintf("will need %v to end, term %d", e.For, e.Term)
}

func (e Ended) String() string { return fmt.Sprintf("WORK ENDS, term %d (%s)", e.Term, e.How) }

func (e Believed) String() string {
	return fmt.Sprintf("IsLeader %t, Check ok %t", e.Leads, e.Healthy)
}

func (e Told) String() string {
	return strings.TrimSpace(fmt.Sprintf("reports %s, term %d %s", e.Kind, e.Term, e.Reason))
}

func (e Fenced) String() string {
	verdict := "accepts"
	if !e.Accepted {
		verdict = "REFUSES"
	}
	return fmt.Sprintf("%s %s term %d", e.Resource, verdict, e.Term)
}

func (e Fault) String() string {
	if e.Ends {
		return "fault ends: " + e.Kind
	}
	if e.Detail != "" {
		return fmt.Sprintf("fault: %s (%s)", e.Kind, e.Detail)
	}
	return "fault: " + e.Kind
}

func (e Stalled) String() string {
	if e.Stale {
		return fmt.Sprintf("stalls for %v, having read the clock", e.For)
	}
	return fmt.Sprintf("stalls for %v", e.For)
}

func (e Suspended) String() string {
	if e.Both {
		return fmt.Sprintf("is frozen with both clocks for %v", e.For)
	}
	return fmt.Sprintf("is suspended for %v", e.For)
}

func (Started) event()    {}
func (Configured) event() {}
func (Crashed) event()    {}
func (Stopped) event()    {}
func (Called) event()     {}
func (Cancelled) event()  {}
func (Returned) event()   {}
func (Sent) event()       {}
func (Offered) event()    {}
func (Looked) event()     {}
func (Heard) event()      {}
func (Asks) event()       {}
func (AskedFor) event()   {}
func (Began) event()      {}
func (Elected) event()    {}
func (Stepped) event()    {}
func (Noticed) event()    {}
func (Drains) event()     {}
func (Revoked) event()    {}
func (Ended) event()      {}
func (Believed) event()   {}
func (Told) event()       {}
func (Backed) event()     {}
func (Observed) event()   {}
func (Fenced) event()     {}
func (Wrote) event()      {}
func (Serves) event()     {}
func (Pushed) event()     {}
func (Forgot) event()     {}
func (Put) event()        {}
func (Fault) event()      {}
func (Stalled) event()    {}
func (Suspended) event()  {}
func (WallSet) event()    {}
func (Calm) event()       {}
func (Storm) event()      {}
