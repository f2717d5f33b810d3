package realserver_test

// Shows S6 and S7 on a real server: what a leader outlives, and what ends its term.

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
)

// What a leader does not even notice, or outlives.
func TestALeaderOutlives(t *testing.T) {
	t.Parallel()
	for name, strike := range map[string]func(o *arena, a *member){
		"SCRIPT FLUSH": func(o *arena, _ *member) { o.admin("SCRIPT", "FLUSH") },
		"CLIENT KILL":  func(o *arena, _ *member) { o.killClients() },
		"CLIENT KILL again and again": func(o *arena, a *member) {
			for range 3 {
				o.killClients()
				a.event(election.KindBeat)
			}
		},
		"CLIENT PAUSE": func(o *arena, a *member) {
			o.admin("CLIENT", "PAUSE", 1000, "ALL")
			a.event(election.KindBeatFailed)
		},
		"CONFIG REWRITE of the password": func(o *arena, _ *member) { // connections that are there stay
			o.admin("ACL", "SETUSER", "default", "on", "resetpass", ">"+secret)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newArena(t)
			a, b := o.candidate("a", patient), o.candidate("b", patient)
			first := a.leader()
			b.lead()
			b.event(election.KindStandby)
			strike(o, a.next())
			first.goesOn()
		})
	}
}

// killClients breaks the connection of everybody else.
func (o *arena) killClients() {
	o.t.Helper()
	for _, kind := range []string{"normal", "pubsub"} {
		o.admin("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
	}
}

// What takes the record away ends the term at the next beat; nobody is elected
// before a lease has passed, and terms go on to rise.
func TestALeaderWhoseRecordIsGone(t *testing.T) {
	t.Parallel()
	for name, strike := range map[string]func(o *arena){
		"DEL":           func(o *arena) { o.admin("DEL", "incumbent:{x}") },
		"FLUSHALL":      func(o *arena) { o.admin("FLUSHALL") },
		"EXPIRE":        func(o *arena) { o.admin("PEXPIRE", "incumbent:{x}", 1) },
		"RENAME":        func(o *arena) { o.admin("RENAME", "incumbent:{x}", "elsewhere") },
		"eviction":      func(o *arena) { o.evictAll() },
		"empty restart": func(o *arena) { o.server.Restart() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newArena(t)
			a, b := o.candidate("a"), o.candidate("b")
			first := a.leader()
			next := b.lead()
			b.event(election.KindStandby)
			first.goesOn()
			gone := time.Now()
			strike(o)
			if cause := first.over(); !errors.Is(cause, election.ErrLost) {
				t.Errorf("cause %v, want %v", cause, election.ErrLost)
			}
			if err := first.wait(); !errors.Is(err, election.ErrLost) {
				t.Errorf("Lead = %v", err)
			}
			ev := a.event(election.KindRecordLost)
			if ev.Term != first.term || ev.Err == nil {
				t.Errorf("told %+v", ev)
			}
			next.begun()
			if took := next.at.Sub(gone); took < 2*time.Second || next.term <= first.term {
				t.Errorf("elected %v later, in term %d after %d", took, next.term, first.term)
			}
			b.event(election.KindQuarantined)
		})
	}
}

// evictAll has the server evict whatever it can, as one that is too small does.
func (o *arena) evictAll() {
	o.t.Helper()
	o.admin("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
	o.admin("CONFIG", "SET", "maxmemory", "1")
	_ = o.server.Client().Set(o.t.Context(), "filler", "x", 0).Err() // refused, after all else was evicted
	o.admin("CONFIG", "SET", "maxmemory", "0")
	if n := o.admin("EXISTS", "incumbent:{x}"); n != "0" && !strings.Contains(o.admin("GET", "incumbent:{x}"), " Q ") {
		o.t.Error("the record was not evicted")
	}
}

// volatile-* never evicts the record: it has no time to live.
func TestVolatilePoliciesEvictNothing(t *testing.T) {
	t.Parallel()
	o := newArena(t)
	first := o.candidate("a", patient).leader()
	o.admin("CONFIG", "SET", "maxmemory-policy", "volatile-lru")
	o.admin("SET", "cached", "x", "EX", 1000)
	o.admin("CONFIG", "SET", "maxmemory", "1")
	_ = o.server.Client().Set(t.Context(), "filler", "x", 0).Err() // refused
	o.admin("CONFIG", "SET", "maxmemory", "0")
	if n := o.admin("EXISTS", "cached"); n != "0" {
		t.Error("nothing was evicted at all")
	}
	first.goesOn()
	if ttl := o.admin("TTL", "incumbent:{x}"); ttl != "-1" {
		t.Errorf("the record lives for %s", ttl)
	}
}

// Something else in the key ends the term and every campaign, and is left alone.
func TestALeaderWhoseKeyIsOverwritten(t *testing.T) {
	t.Parallel()
	for name, strike := range map[string][]any{
		"a word":  {"SET", "incumbent:{x}", "mylock"},
		"nothing": {"SET", "incumbent:{x}", ""},
		"INCR":    {"SET", "incumbent:{x}", 7},
		"APPEND":  {"APPEND", "incumbent:{x}", "\r\nmore"},
		"10 MB":   {"SET", "incumbent:{x}", strings.Repeat("x", 10<<20)},
		"a list":  {"LPUSH", "incumbent:{x}", "a"},
		"a hash":  {"HSET", "incumbent:{x}", "a", "b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newArena(t)
			a, b := o.candidate("a"), o.candidate("b")
			first := a.leader()
			next := b.lead()
			b.event(election.KindStandby)
			if strike[0] == "LPUSH" || strike[0] == "HSET" {
				o.inOneStep([]any{"DEL", "incumbent:{x}"}, strike)
			} else {
				o.admin(strike...)
			}
			before := o.admin("DUMP", "incumbent:{x}")
			if cause := first.over(); !errors.Is(cause, election.ErrLost) {
				t.Errorf("cause %v, want %v", cause, election.ErrLost)
			}
			_ = first.wait()
			for what, err := range map[string]error{
				"the event's error": a.event(election.KindForeignRecord).Err,
				"the standby's":     next.wait(),
				"StepDown":          b.StepDown(t.Context(), ""),
				"Leader":            second(b.Leader(t.Context())),
			} {
				if !errors.Is(err, election.ErrForeignRecord) || !strings.Contains(fmt.Sprint(err), "redis-cli") {
					t.Errorf("%s: %v", what, err)
				}
			}
			if o.admin("DUMP", "incumbent:{x}") != before {
				t.Error("what was in the key was changed")
			}
		})
	}
}

// inOneStep executes commands in a transaction.
func (o *arena) inOneStep(commands ...[]any) {
	o.t.Helper()
	_, err := o.server.Client().TxPipelined(o.t.Context(), func(p redis.Pipeliner) error {
		for _, c := range commands {
			p.Do(o.t.Context(), c...)
		}
		return nil
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

// A leader that Redis was cut off from and that finds another leading has no
// grace and touches nothing.
func TestALeaderThatComesBackToAnotherOne(t *testing.T) {
	t.Parallel()
	o := newArena(t)
	network := o.server.Link()
	a, b := o.join("a", o.server.ClientThrough(network)), o.candidate("b")
	first := a.leader()
	next := b.lead()
	b.event(election.KindStandby)
	network.Cut()
	next.begun()
	network.Heal()
	_ = first.wait()
	next.goesOn()
	again := a.lead()
	if ev := a.event(election.KindStandby); ev.Leader.ID != "b" || ev.Leader.Term != next.term {
		t.Errorf("stands by for %+v", ev.Leader)
	}
	next.stop()
	again.begun()
	if again.term <= next.term {
		t.Errorf("term %d after %d", again.term, next.term)
	}
}

// An old state that a restart brings back is a loss, or a fenced successor, but
// never two works of which the older one goes on.
func TestALeaderAfterARestartWithPersistence(t *testing.T) {
	t.Parallel()
	args := []string{"--appendonly", "yes", "--appendfsync", "always"}
	o := newArena(t, args...)
	a, b := o.candidate("a", patient), o.candidate("b", patient)
	first := a.leader()
	b.lead()
	b.event(election.KindStandby)
	first.goesOn()
	o.server.Restart(args...)
	first.goesOn() // nothing was lost, and it took less than the trust
}
