package electiontest

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/heartbeat"
)

// An Office is one election, in the hands of the test. It begins shut: another
// holds it, who never leaves. [Office.Elect] opens it to the candidates of the
// test; [Office.Revoke], [Office.StepDown] and [Office.Expire] end their term in
// the three ways in which terms end, and shut it again.
//
// Nothing of an election is imitated. The candidates are those of package
// election, which campaign, beat and release on a real record; an Office only
// writes, as another candidate could, what they will find there.
//
// When a method returns, the leader has been told, as a rule: its work begins, or
// its context ends, a moment later. Only a leader that hears no pushes, since its
// network fails, notices with its next beat. So wait for what the work does, in a
// bubble with synctest.Wait.
//
// The methods belong on the goroutine of the test, and end the test when what they
// ask for does not happen.
type Office struct {
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
	rival  string // nonce of the other holder's record
	rivals int    // that there were
	ended  record // the last term that was ended here
	told   bool   // whoever led it has asked again since

	writing sync.Mutex // guards beat; never held while the server is asked
	beat    time.Time  // when the record was last written by a candidate
}

// NewOffice returns an office on a Redis and with a Client of its own: all that
// the test of one service needs. The name is that of the election; its Prefix
// must be the default.
func NewOffice(tb testing.TB, name string) *Office {
	tb.Helper()
	return NewRedis(tb).Client().Office(name)
}

// Office returns the office of that name, for the candidate behind this client.
// There can be one for each name on a Redis.
func (c *Client) Office(name string) *Office {
	tb := c.redis.tb
	tb.Helper()
	o := &Office{Client: c, tb: tb, redis: c.redis, name: name, key: "incumbent:{" + name + "}", changed: make(chan struct{}, 1)}
	if c.redis.office(o.key) != nil {
		tb.Fatalf("electiontest: there is an office %q on this Redis already; use that one", name)
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

// Elect lets a candidate have the office, waits until one does, and returns its
// term. The candidate takes it at once when it campaigns; singleton.Keep pauses
// for a back-off after Revoke and Expire, and an elector for its CoolDown after
// StepDown. If a candidate leads already, its term is returned.
//
// The office stays open until it is revoked, expired or stepped down from: when
// a candidate releases it, another can have it.
func (o *Office) Elect() election.Term {
	o.tb.Helper()
	o.unlock()
	deadline, again := time.NewTimer(patience), time.NewTicker(repush)
	defer deadline.Stop()
	defer again.Stop()
	for {
		if r, led := o.led(); led {
			o.settle(r)
			return r.term
		}
		select {
		case <-o.changed:
		case <-again.C:
			o.unlock()
		case <-deadline.C:
			o.tb.Fatalf("electiontest: nobody took the office %q within %v: is anybody campaigning for it, over a client of this Redis and with the default Prefix?", o.name, patience)
		}
	}
}

// Revoke takes the office away: another holder's record stands in the place of
// the leader's. The leader's context ends with election.ErrLost, and since another
// leads already there is no grace for its work: what of it still runs is
// reported to Config.OnOverrun.
func (o *Office) Revoke() {
	o.tb.Helper()
	r := o.shut()
	o.takeAfter(r.term)
	o.tell()
}

// StepDown asks the leader to step down, as Elector.StepDown does. Its context
// ends with election.ErrStepDown; its work drains for as long as it needs, then
// the office is released.
func (o *Office) StepDown() {
	o.tb.Helper()
	o.shut()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := o.asker.StepDown(ctx, ""); err != nil {
		o.tb.Fatalf("electiontest: asking the leader of %q to step down: %v", o.name, err)
	}
	o.setTold(false) // it was asker
	o.tell()
}

// Expire lets the leader's trust expire: as far as its clock can tell, no beat was
// confirmed for too long. Its context ends with election.ErrExpired, its work has
// the whole grace to end in, then the office is released.
//
// With a candidate that was given the Client, Expire takes no time, neither in a
// bubble nor outside: it sets the candidate's wall clock forward, as resuming
// from a suspend does. With one that was given the *redis.Client within, it is
// the network that fails, until trust is over: three fifths of the lease, which
// pass by themselves in a bubble, and really outside.
func (o *Office) Expire() {
	o.tb.Helper()
	r := o.shut()
	t := heartbeat.ForLease(r.lease)
	if !o.Client.lent.Load() {
		o.Client.Cut()
		time.Sleep(t.Trust + t.Slack)
		o.Client.Heal()
		return
	}
	o.Client.clock.expire(t.Trust, o.lastBeat)
	o.tell()
}

// settle waits until the leader of a term has beaten: then it knows that it was
// elected, and hears what is published. Else it beats by itself before long.
func (o *Office) settle(r record) {
	t := heartbeat.ForLease(r.lease)
	o.nudge(t.Beat+t.Attempt, func() bool {
		now, _ := o.led()
		return now.nonce != r.nonce || now.beat > r.beat
	})
}

// tell has the leader of a term that was ended ask what the record says. Who has
// asked just before, and hears what is published, is told in that time.
func (o *Office) tell() { o.nudge(10*repush, o.asked) }

// stepsDown is what a request to step down publishes. Nobody believes it, but it
// makes the leader look at its clock, and beat.
const stepsDown = "steps down"

// nudge makes the leader beat until done, or for as long as that.
func (o *Office) nudge(atMost time.Duration, done func() bool) {
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

func (o *Office) setTold(told bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = told
}

func (o *Office) asked() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.told
}

// shut ends a term: whoever asks for the office from now on is late. It returns
// the record of whoever holds it.
func (o *Office) shut() record {
	o.tb.Helper()
	r, led := o.led()
	if !led {
		o.tb.Fatalf("electiontest: no candidate holds the office %q; call Elect first", o.name)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open, o.told, o.ended = false, false, r
	return r
}

// unlock lets candidates in, and whoever else holds the office out. When there
// is nobody it says so once more.
func (o *Office) unlock() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open = true
	r := o.read()
	switch {
	case r.status == "V":
		o.publish("records", o.text())
		return
	case !r.held():
		r = o.take(r.term) // nobody waits for what was forgotten
	case r.nonce != o.rival:
		return
	}
	r.status, r.beat = "V", r.beat+1
	o.write(r)
}

// led returns the record, and whether a candidate leads by it whose term was not
// ended here.
func (o *Office) led() (record, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.read()
	return r, r.held() && r.nonce != o.rival && r.term > o.ended.term
}

// guard runs before a candidate's request is executed. In a shut office the
// other holder is always faster than whoever asks for it, and has always just
// beaten.
func (o *Office) guard(request ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.read()
	if !o.open && strings.Contains(strings.Join(request, " "), o.ended.nonce) {
		o.told = true
		o.signal()
	}
	switch {
	case o.open:
	case !r.held():
		o.take(r.term)
	case r.nonce == o.rival:
		r.beat++
		o.write(r)
	}
}

func (o *Office) takeAfter(term election.Term) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.take(term)
}

// take gives the office to another, in a later term than the given one.
func (o *Office) take(after election.Term) record {
	o.rivals++
	o.rival = fmt.Sprintf("electiontest%04d", o.rivals%10000) // 16 characters of base64
	r := record{status: "L", term: after + 1, lease: rivalLease, nonce: o.rival}
	o.write(r)
	return r
}

func (o *Office) read() record { return parse(o.text()) }

func (o *Office) text() string {
	text, _ := o.redis.stub.Mini.Get(o.key) // an error leaves nothing to read
	return text
}

func (o *Office) publish(channel, text string) { o.redis.stub.Mini.Publish(o.key+":"+channel, text) }

func (o *Office) write(r record) {
	_ = o.redis.stub.Mini.Set(o.key, r.String()) // fails only on a key of another type, which SET replaces
	o.publish("records", r.String())
}

// written runs before a candidate's record is written, while the server holds its
// lock.
func (o *Office) written() {
	o.writing.Lock()
	o.beat = time.Now()
	o.writing.Unlock()
	o.signal()
}

func (o *Office) signal() {
	select {
	case o.changed <- struct{}{}:
	default:
	}
}

func (o *Office) lastBeat() time.Time {
	o.writing.Lock()
	defer o.writing.Unlock()
	return o.beat
}
