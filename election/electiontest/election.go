package electiontest

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
)

// An Election is one election in the hands of the test. At first another leads, who
// never leaves. [Election.Elect] lets a candidate of the test lead.
// [Election.Revoke], [Election.StepDown] and [Election.Expire] end its term in the
// three ways in which terms end; then another leads again.
//
// Nothing is imitated. The candidates are those of package election, which campaign,
// beat and release on a real record. An Election only writes, as another candidate
// could, what they will find there.
//
// When a method returns, the leader knows, as a rule: its work begins, or its context
// ends, a moment later. Only a leader that gets no notifications, since its network
// fails, notices with its next beat. So wait for what the work does, in a bubble with
// synctest.Wait.
//
// The methods belong to the goroutine of the test, and end the test when what they ask
// for does not happen.
type Election struct {
	// Client is the candidate's: hand it to the code under test. Its network and
	// its clock are what Expire lets fail.
	Client *Client

	tb      testing.TB
	redis   *Redis
	name    string
	key     string
	asker   *election.Elector
	changed chan struct{} // 1-slot: a candidate asks or writes

	mu     sync.Mutex // held while the server is asked; see guard
	open   bool
	rival  string        // nonce of the other holder's record
	rivals int           // that there were
	ended  record.Record // the last term that was ended here
	told   bool          // whoever led it has asked again since

	writing sync.Mutex // guards beat; never held while the server is asked
	beat    time.Time  // when the record was last written by a candidate
}

// NewElection returns an election on a Redis and with a Client of its own: all that
// the test of one service needs. The code under test must use that name and the
// default Prefix.
func NewElection(tb testing.TB, name string) *Election {
	tb.Helper()
	return NewRedis(tb).Client().Election(name)
}

// Election returns the election of that name for the candidate behind this client.
// There can be one for each name on a Redis.
func (c *Client) Election(name string) *Election {
	tb := c.redis.tb
	tb.Helper()
	o := &Election{Client: c, tb: tb, redis: c.redis, name: name, key: "incumbent:{" + name + "}", changed: make(chan struct{}, 1)}
	if c.redis.electionAt(o.key) != nil {
		tb.Fatalf("electiontest: there is an election %q on this Redis already; use that one", name)
	}
	asker, err := election.New(c.redis.Client(), election.Config{Name: name, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		tb.Fatalf("electiontest: %v", err)
	}
	o.asker = asker
	c.redis.add(o)
	o.guard()
	return o
}

const (
	// patience is how long somebody who campaigns may need to be elected: longer than
	// the pause of singleton.Keep, which is 90 s at most by default.
	patience = 5 * time.Minute
	// repush is how long after a hint that may have been lost comes the next.
	repush = 10 * time.Millisecond
)

// Elect lets a candidate of the test lead, waits until one does and returns its term.
// A candidate that campaigns is elected at once; singleton.Keep pauses for a back-off
// after Revoke and Expire, and an elector for its CoolDown after StepDown. If a
// candidate leads already, its term is returned.
//
// In a pause it returns when a candidate leads and waits for the end of it.
//
// Candidates can be elected until Revoke, Expire or StepDown: when one releases,
// another can lead.
func (o *Election) Elect() election.Term {
	o.tb.Helper()
	o.unlock()
	deadline, again := time.NewTimer(patience), time.NewTicker(repush)
	defer deadline.Stop()
	defer again.Stop()
	for {
		if r, led := o.led(); led {
			o.settle(r)
			return election.Term(r.Term)
		}
		select {
		case <-o.changed:
		case <-again.C:
			o.unlock()
		case <-deadline.C:
			o.tb.Fatalf("electiontest: nobody was elected in %q within %v: is anybody campaigning, over a client of this Redis and with the default Prefix?", o.name, patience)
		}
	}
}

// Revoke takes leadership away: the record of another stands in the place of the
// leader's. The work's context ends with election.ErrLost. There is no grace, since
// another leads already: work that still runs is reported to Config.OnOverrun.
func (o *Election) Revoke() {
	o.tb.Helper()
	r := o.shut()
	o.takeAfter(r.Term)
	o.tell()
}

// StepDown asks the leader to step down, as Elector.StepDown does. The work's context
// ends with election.ErrStepDown; it drains for as long as it needs, and then
// leadership is released.
func (o *Election) StepDown() {
	o.tb.Helper()
	o.shut()
	o.ask("asking for a step-down of", func(ctx context.Context) error { return o.asker.StepDown(ctx, "") })
	o.setTold(false) // the read by our own StepDown does not count
	o.tell()
}

// Expire ends the leader's trust: by its clock, no beat was confirmed for too long. The
// work's context ends with election.ErrExpired. The work has the whole grace to end in,
// and then leadership is released.
//
// With a candidate that was given the Client, Expire takes no time, neither in a
// bubble nor outside: it sets the candidate's wall clock forward, as resuming
// from a suspend does. With one that was given the *redis.Client within, it is
// the network that fails, until trust is over: three fifths of the lease, which
// pass by themselves in a bubble, and really outside.
func (o *Election) Expire() {
	o.tb.Helper()
	r := o.shut()
	t := heartbeat.ForLease(r.Lease)
	if !o.Client.lent.Load() {
		o.Client.Cut()
		time.Sleep(t.Trust + t.Slack)
		o.Client.Heal()
		return
	}
	expire(o.Client.clock, t.Trust, o.lastBeat)
	o.tell()
}

// settle waits until the leader of a term has beaten: then it knows that it was
// elected, and hears what is published. Else it beats by itself before long.
func (o *Election) settle(r record.Record) {
	t := heartbeat.ForLease(r.Lease)
	o.nudge(t.Beat+t.Attempt, func() bool {
		now, _ := o.led()
		return now.Nonce != r.Nonce || now.Beat > r.Beat
	})
}

// tell has the leader of a term that was ended ask what the record says. Who has
// asked just before, and hears what is published, is told in that time.
func (o *Election) tell() { o.nudge(10*repush, o.asked) }

// stepsDown is what a request to step down publishes. Nobody believes it, but it
// makes the leader look at its clock, and beat.
const stepsDown = "steps down"

// nudge makes the leader beat until done, or for as long as that.
func (o *Election) nudge(atMost time.Duration, done func() bool) {
	deadline, again := time.NewTimer(atMost), time.NewTicker(repush)
	defer deadline.Stop()
	defer again.Stop()
	o.publish("leader", stepsDown)
	for !done() {
		select {
		case <-o.changed:
		case <-again.C:
			o.publish("leader", stepsDown)
		case <-deadline.C:
			return
		}
	}
}

func (o *Election) setTold(told bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = told
}

func (o *Election) asked() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.told
}

// shut ends a term: whoever asks for leadership from now on is late. It returns
// the record of whoever holds it.
func (o *Election) shut() record.Record {
	o.tb.Helper()
	r, led := o.led()
	if !led {
		o.tb.Fatalf("electiontest: no candidate leads %q; call Elect first", o.name)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open, o.told, o.ended = false, false, r
	return r
}

// unlock lets candidates in, and whoever else holds leadership out. When there
// is nobody it says so once more.
func (o *Election) unlock() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open = true
	r := o.read()
	switch {
	case r.Status == record.Vacant:
		o.publish("records", o.text())
		return
	case !r.Held():
		r = o.take(r.Term) // nobody waits for what was forgotten
	case r.Nonce != o.rival:
		return
	}
	o.write(r.Next(record.Vacant))
}

// led returns the record, and whether a candidate leads by it whose term was not
// ended here.
func (o *Election) led() (record.Record, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.read()
	return r, r.Held() && r.Nonce != o.rival && r.Term > o.ended.Term
}
