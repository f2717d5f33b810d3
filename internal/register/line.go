package register

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/seam"
)

// A Line carries the scripts of packages beside election. It has lanes of its own on the
// connections of a session, so that beats never wait for it. It is safe for concurrent use.
type Line struct {
	Clock seam.Clock

	rdb    Client
	target *Target
	lanes  chan struct{} // a semaphore
	calls  sync.WaitGroup
}

// lineLanes is how many packets of a line are under way at most.
const lineLanes = 2

// NewLine returns the line over a client.
func NewLine(rdb Client, clock seam.Clock) *Line {
	return &Line{Clock: clock, rdb: rdb, target: NewTarget(rdb), lanes: make(chan struct{}, lineLanes)}
}

// Wait waits until every packet has ended. Nobody may send meanwhile.
func (l *Line) Wait() { l.calls.Wait() }

// Beside is what packages beside election need of a candidate, apart from what their
// scripts check.
type Beside struct {
	Line    *Line
	Listen  func(channel string, hear func(text string)) (stop func()) // an empty text: the channel was subscribed
	Name    string                                                     // of the election
	ID      string                                                     // of the candidate
	Lease   time.Duration
	Attempt time.Duration // how long an attempt may take
	Memory  *sync.Map     // outlives terms, for as long as the Conn knows the name
}

// A Door is how packages beside election get at what an elector has. A public type embeds
// it, under an unexported alias, to have no method in its documentation whose types nobody
// can import.
type Door struct {
	visit func() (Holder, func(), error)
}

// NewDoor returns a Door to what visit returns.
func NewDoor(visit func() (Holder, func(), error)) Door { return Door{visit} }

// Visit begins a call of the elector: connections are kept until leave is called. The
// holder has no grant.
func (d Door) Visit() (h Holder, leave func(), err error) { return d.visit() }

// A Call is one execution of a script.
type Call struct {
	Script *LineScript
	Place  Place
	Grant  *record.Grant // that must stand in the record; nil: of who only looks or asks
	Keys   []string
	Args   []any
}

// A Result is what became of a call. Errors are those of [Script.Run].
type Result struct {
	Value any
	Err   error
}

// Send executes calls in one packet, in their order. It waits for a free lane, and then for
// an attempt or as long as ctx lasts. All calls of a packet belong to one election.
func (l *Line) Send(ctx context.Context, attempt time.Duration, calls []Call) ([]Result, heartbeat.Instant) {
	type answer struct {
		results  []Result
		received heartbeat.Instant
	}
	answers := make(chan answer, 1) // what comes too late stays there
	err := l.beside(ctx, attempt, func(ctx context.Context) error {
		results := l.execute(ctx, calls)
		answers <- answer{results, l.Clock.Now()}
		return nil
	})
	if err == nil {
		a := <-answers
		return a.results, a.received
	}
	results := make([]Result, len(calls))
	for i := range results {
		results[i].Err = err
	}
	return results, l.Clock.Now()
}

// Pipe sends plain commands in one packet, for who may not run scripts.
func (l *Line) Pipe(ctx context.Context, attempt time.Duration, queue func(redis.Pipeliner) error) error {
	return l.beside(ctx, attempt, func(ctx context.Context) error {
		if _, err := l.rdb.Pipelined(ctx, queue); err != nil {
			return l.target.classify(err, attempt)
		}
		return nil
	})
}

// beside does something of the client beside a timer: a call can outlive its context by
// many seconds. If it returns an error, what was begun may still go on.
func (l *Line) beside(ctx context.Context, attempt time.Duration, do func(ctx context.Context) error) error {
	select {
	case l.lanes <- struct{}{}:
	case <-ctx.Done():
		return l.target.ended(context.Cause(ctx))
	}
	over := time.NewTimer(attempt + lastWords)
	defer over.Stop()
	done := make(chan error, 1)
	l.calls.Go(func() {
		defer func() { <-l.lanes }()
		call, cancel := context.WithTimeout(context.WithoutCancel(ctx), attempt)
		defer cancel()
		done <- do(call)
	})
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return l.target.ended(context.Cause(ctx))
	case <-over.C:
		return l.target.Silent(attempt)
	}
}

// execute sends digests, and the text of what the server does not know: once for each
// script, since the server knows it from then on.
func (l *Line) execute(ctx context.Context, calls []Call) []Result {
	values := make([]Result, len(calls))
	all := make([]int, len(calls))
	for i := range calls {
		all[i] = i
	}
	l.packet(ctx, calls, all, values, func(*redis.Script) bool { return false })
	var unknown []int
	for i := range calls {
		if says(values[i].Err, "NOSCRIPT") {
			unknown = append(unknown, i)
		}
	}
	if len(unknown) > 0 {
		sent := map[*redis.Script]bool{}
		l.packet(ctx, calls, unknown, values, func(s *redis.Script) bool {
			first := !sent[s]
			sent[s] = true
			return first
		})
	}
	for i := range values {
		if values[i].Err == nil && calls[i].Grant != nil {
			values[i].Value, values[i].Err = readScript(values[i].Value)
		}
		if err := values[i].Err; err != nil && !errors.Is(err, ErrNotHeld) {
			values[i].Err = l.target.classify(err, 0)
		}
	}
	return values
}

// packet sends some of the calls.
func (l *Line) packet(ctx context.Context, calls []Call, which []int, values []Result, withText func(*redis.Script) bool) {
	cmds := make([]*redis.Cmd, len(which))
	_, err := l.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for n, i := range which {
			script, keys, args := calls[i].prepare()
			if withText(script) {
				cmds[n] = script.Eval(ctx, p, keys, args...)
			} else {
				cmds[n] = script.EvalSha(ctx, p, keys, args...)
			}
		}
		return nil
	})
	for n, i := range which {
		values[i] = Result{}
		if cmds[n] != nil { // else the client refused before it asked what to send
			values[i] = Result{cmds[n].Val(), cmds[n].Err()}
		}
		if errors.Is(values[i].Err, redis.Nil) {
			values[i].Err = nil
		} else if values[i].Value == nil && values[i].Err == nil {
			values[i].Err = err
		}
	}
}

// A LineScript is a Lua text that a [Line] sends: behind the check of a [Script], or without
// it for who only looks or asks. Its KEYS and ARGV are its own in both cases.
type LineScript struct{ checked, plain *redis.Script }

// NewLineScript returns a script of that text.
func NewLineScript(text string) *LineScript {
	return &LineScript{redis.NewScript(NewScript(text).text), redis.NewScript(text)}
}

// prepare is what is sent for a call.
func (c Call) prepare() (script *redis.Script, keys []string, args []any) {
	if c.Grant == nil {
		return c.Script.plain, c.Keys, c.Args
	}
	keys = append(append(make([]string, 0, 1+len(c.Keys)), c.Place.Key), c.Keys...)
	args = append(append(make([]any, 0, 2+len(c.Args)), strconv.FormatInt(c.Grant.Term, 10), c.Grant.Nonce), c.Args...)
	return c.Script.checked, keys, args
}
