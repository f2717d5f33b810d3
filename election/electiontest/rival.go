package electiontest

import (
	"fmt"
	"strings"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
)

// rivalLease is the lease of the other holder.
const rivalLease = heartbeat.DefaultLease

// guard runs before a candidate's request is executed. In a shut election the
// other holder is always faster than whoever asks for it, and has always just
// beaten.
func (o *Election) guard(request ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.read()
	if o.ended.Nonce != "" && strings.Contains(strings.Join(request, " "), o.ended.Nonce) {
		o.told = true
		o.signal()
	}
	switch {
	case o.open:
	case !r.Held():
		o.take(r.Term)
	case r.Nonce == o.rival:
		o.write(r.Beaten())
	}
}

func (o *Election) takeAfter(term int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.take(term)
}

// take gives leadership to another, in a later term than the given one.
func (o *Election) take(after int64) record.Record {
	o.rivals++
	o.rival = fmt.Sprintf("electiontest%04d", o.rivals%10000) // 16 characters of base64
	r := record.Record{Status: record.Led, Term: after + 1, Lease: rivalLease, Holder: "electiontest", Nonce: o.rival, ID: "-"}
	o.write(r)
	return r
}

// read returns the zero record for what is none.
func (o *Election) read() record.Record {
	r, err := record.Parse(o.text())
	if err != nil {
		return record.Record{}
	}
	return r
}

func (o *Election) text() string {
	text, _ := o.redis.stub.Mini.Get(o.key) // an error leaves nothing to read
	return text
}

func (o *Election) publish(channel, text string) { o.redis.stub.Mini.Publish(o.key+":"+channel, text) }

func (o *Election) write(r record.Record) {
	_ = o.redis.stub.Mini.Set(o.key, r.String()) // fails only on a key of another type, which SET replaces
	o.publish("records", r.String())
}

// written runs before a candidate's record is written, while the server holds its
// lock.
func (o *Election) written() {
	o.writing.Lock()
	o.beat = time.Now()
	o.writing.Unlock()
	o.signal()
}

func (o *Election) signal() {
	select {
	case o.changed <- struct{}{}:
	default:
	}
}

func (o *Election) lastBeat() time.Time {
	o.writing.Lock()
	defer o.writing.Unlock()
	return o.beat
}
