package election

import (
	"slices"
	"strings"
	"time"

	"github.com/alicebob/miniredis/v2/server"

	"example.com/incumbent/internal/record"
)

// write is what a script wrote, in the server's order.
type write struct {
	at    time.Duration
	op    string
	bytes string
	rec   record.Record
}

// arrival is a CAS that has reached the server and is about to be executed.
type arrival struct {
	op   string
	rec  record.Record // to be written
	args []string      // of EVALSHA or EVAL
}

// trap waits for requests.
type trap struct {
	op, id string
	left   int
	do     func(arrival)
}

// trap calls do when a request for that operation on a record of that candidate
// comes in, n times, before it is executed. It may sleep: then that packet is
// late, and no other. Operations are those of [record.Transition].
func (w *world) trap(op, id string, n int, do func(arrival)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.traps = append(w.traps, &trap{op, id, n, do})
}

// disarm removes all traps.
func (w *world) disarm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.traps = nil
}

// refuse has the server answer commands with an error where f returns one; nil
// ends that.
func (w *world) refuse(f func(cmd string, args []string) string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refusal = f
}

// serve runs before every command, also before one that a script calls; then the
// server holds its lock.
func (w *world) serve(peer *server.Peer, cmd string, args ...string) bool {
	if answer := w.refused(cmd, args); answer != "" {
		peer.WriteError(answer)
		return true
	}
	switch {
	case cmd == "SET" && args[0] == key:
		w.wrote(args[1])
	case strings.HasPrefix(cmd, "EVAL") && len(args) < 7: // at most one note: see look.lua
		w.counted("look")
	case strings.HasPrefix(cmd, "EVAL") && len(args) >= 7 && args[len(args)-1] != repetition:
		w.counted("cas")
		w.spring(args)
	}
	return false
}

func (w *world) refused(cmd string, args []string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refusal == nil {
		return ""
	}
	return w.refusal(cmd, args)
}

func (w *world) counted(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counts[what]++
}

// requests is how many looks or CASes the server has executed.
func (w *world) requests(what string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.counts[what]
}

func (w *world) wrote(bytes string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	next, _ := record.Parse(bytes)
	before := ""
	if n := len(w.writes); n > 0 {
		before = w.writes[n-1].bytes
	}
	w.writes = append(w.writes, write{w.since(), operation(before, next), bytes, next})
}

// operation names what turned one record into the next.
func operation(before string, next record.Record) string {
	was, _ := record.Parse(before) // the zero record if there was none
	return string(record.Transition(was, next))
}

// spring calls the traps that a request meets, without the lock: they may sleep.
func (w *world) spring(args []string) {
	next, _ := record.Parse(args[5])
	r := arrival{operation(args[4], next), next, args}
	for _, do := range w.sprung(r) {
		do(r)
	}
}

func (w *world) sprung(r arrival) (do []func(arrival)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range w.traps {
		if t.left > 0 && t.op == r.op && t.id == r.rec.Holder {
			t.left--
			do = append(do, t.do)
		}
	}
	return do
}

// history is what was written so far.
func (w *world) history() []write {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.writes)
}

// lastWrite is the latest write.
func (w *world) lastWrite() write {
	w.Helper()
	h := w.history()
	if len(h) == 0 {
		w.Fatal("nothing was ever written")
	}
	return h[len(h)-1]
}

// written is how many writes there were of an operation.
func (w *world) written(op string) (n int) {
	for _, wr := range w.history() {
		if wr.op == op {
			n++
		}
	}
	return n
}

// record is what stands in Redis.
func (w *world) record() record.Record {
	w.Helper()
	s, err := w.stub.Mini.Get(key)
	if err != nil {
		w.Fatalf("no record: %v", err)
	}
	r, err := record.Parse(s)
	if err != nil {
		w.Fatalf("record %q: %v", s, err)
	}
	return r
}

// put writes a record behind everybody's back.
func (w *world) put(r record.Record) { w.overwrite(r.String()) }

// overwrite writes bytes behind everybody's back.
func (w *world) overwrite(bytes string) {
	w.Helper()
	if err := w.stub.Mini.Set(key, bytes); err != nil {
		w.Fatal(err)
	}
}

// flush has the server forget everything.
func (w *world) flush() {
	w.mu.Lock()
	w.writes = append(w.writes, write{at: w.since(), op: "flush"})
	w.mu.Unlock()
	w.stub.Mini.FlushAll()
}

// forget drops the history, which a long run cannot keep.
func (w *world) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes = w.writes[max(0, len(w.writes)-1):]
}
