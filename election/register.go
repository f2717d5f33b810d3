package election

import (
	"context"
	_ "embed" // the scripts
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/seam"
)

//go:embed lua/look.lua
var lookSource string

//go:embed lua/cas.lua
var casSource string

// A register is one key used as a compare-and-set register. Look and CAS are the
// whole store: contending, beating, taking over, releasing and stepping down are
// all a CAS of exact bytes that never repeat, so a request that is sent twice,
// or arrives late, changes nothing more. Absence has no bytes that could differ:
// what replaces it is made unique by the server, which adds its time.
type register struct {
	rdb       Redis
	clock     seam.Clock
	look, cas *redis.Script
}

func newRegister(rdb Redis, clock seam.Clock) *register {
	return &register{rdb: rdb, clock: clock, look: redis.NewScript(lookSource), cas: redis.NewScript(casSource)}
}

// Do executes requests in one packet. Each answer stands for itself: one that was
// lost is unknown for its request only. A look is a script too, so that no client
// sends it to a replica.
func (r *register) Do(ctx context.Context, requests ...request) []reply {
	calls := make([]call, len(requests))
	for i, q := range requests {
		calls[i] = call{script: r.look, key: q.place.key, note: q.note}
		if q.swap != nil {
			calls[i].script, calls[i].args = r.cas, q.args()
		}
	}
	return r.run(ctx, calls)
}

// args are those of lua/cas.lua.
func (q request) args() []any {
	present := "0"
	if q.swap.expect.present {
		present = "1"
	}
	args := append(make([]any, 0, 4+len(q.swap.heirs)), present, q.swap.expect.bytes, q.swap.next, q.place.records())
	for _, h := range q.swap.heirs {
		args = append(args, h)
	}
	return args
}

// Peek is a look in plain commands, for observers without the right to run
// scripts.
func (r *register) Peek(ctx context.Context, key string) (sighting, error) {
	sent := r.clock.Now()
	var bytes *redis.StringCmd
	var now *redis.TimeCmd
	_, err := r.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		bytes, now = p.GetRange(ctx, key, 0, 2*maxRecord), p.Time(ctx)
		return nil
	})
	s := sighting{contents: contents{present: true}, foreign: errWrongType}
	if !says(err, "WRONGTYPE") {
		present := err == nil && bytes.Val() != ""
		if err == nil && !present { // absent and empty look alike to GETRANGE
			present, err = r.isEmpty(ctx, key)
		}
		if err != nil {
			return sighting{}, classify(err)
		}
		s = newSighting(present, bytes.Val())
	}
	s.server, s.sent, s.received = now.Val(), sent, r.clock.Now()
	return s, nil
}

func (r *register) isEmpty(ctx context.Context, key string) (bool, error) {
	cmds, err := r.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Get(ctx, key)
		return nil
	})
	if len(cmds) == 1 && errors.Is(cmds[0].Err(), redis.Nil) {
		return false, nil
	}
	return true, err
}

// A call is one call of a script.
type call struct {
	script *redis.Script
	key    string
	args   []any
	note   note
}

// run sends calls in one pipeline, and again, with the source, those whose script
// the server does not know.
func (r *register) run(ctx context.Context, calls []call) []reply {
	replies := make([]reply, len(calls))
	sent := r.clock.Now()
	cmds, err := r.send(ctx, calls, func(p redis.Pipeliner, c call) *redis.Cmd {
		return p.EvalSha(ctx, c.script.Hash(), []string{c.key}, c.args...)
	})
	var again []int
	for i := range calls {
		if cmd := at(cmds, i); cmd != nil && says(cmd.Err(), "NOSCRIPT") {
			again = append(again, i)
		} else {
			replies[i] = r.read(cmd, err, sent)
		}
	}
	if len(again) > 0 {
		r.load(ctx, calls, again, replies, sent)
	}
	return replies
}

// load repeats calls with the source of their scripts.
func (r *register) load(ctx context.Context, calls []call, again []int, replies []reply, sent heartbeat.Instant) {
	repeated := make([]call, len(again))
	for i, n := range again {
		repeated[i] = calls[n]
		repeated[i].note = note{} // it was sent
	}
	cmds, err := r.send(ctx, repeated, func(p redis.Pipeliner, c call) *redis.Cmd {
		return c.script.Eval(ctx, p, []string{c.key}, c.args...)
	})
	for i, n := range again {
		replies[n] = r.read(at(cmds, i), err, sent)
	}
}

func (r *register) send(ctx context.Context, calls []call, queue func(redis.Pipeliner, call) *redis.Cmd) ([]*redis.Cmd, error) {
	cmds := make([]*redis.Cmd, 0, len(calls))
	_, err := r.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, c := range calls {
			cmds = append(cmds, queue(p, c))
			if c.note.channel != "" {
				p.Publish(ctx, c.note.channel, c.note.text)
			}
		}
		return nil
	})
	return cmds, err
}

func at(cmds []*redis.Cmd, i int) *redis.Cmd {
	if i < len(cmds) {
		return cmds[i]
	}
	return nil
}

// read turns one command's result into a reply. A command without an error of
// its own that never ran has the pipeline's.
func (r *register) read(cmd *redis.Cmd, pipeline error, sent heartbeat.Instant) reply {
	if cmd == nil || cmd.Err() == nil && cmd.Val() == nil {
		return reply{err: classify(pipeline)}
	}
	values, err := cmd.Slice()
	s := sighting{contents: contents{present: true}, foreign: errWrongType}
	if !says(err, "WRONGTYPE") {
		if err == nil {
			s, err = decode(values)
		}
		if err != nil {
			return reply{err: classify(err)}
		}
	}
	s.sent, s.received = sent, r.clock.Now()
	return reply{sighting: s}
}

// errWrongType says why a key of another type is no record.
var errWrongType = errors.New("a key of another type than string")

// decode reads the answer of a script: {present, bytes, hint error} of cas or
// {present, bytes, seconds, microseconds} of look.
func decode(values []any) (sighting, error) {
	if len(values) < 3 {
		return sighting{}, fmt.Errorf("answer of %d values", len(values))
	}
	present, ok1 := values[0].(int64)
	bytes, ok2 := values[1].(string)
	third, ok3 := values[2].(string)
	if !ok1 || !ok2 || !ok3 {
		return sighting{}, fmt.Errorf("answer of unexpected types %T, %T, %T", values[0], values[1], values[2])
	}
	s := newSighting(present == 1, bytes)
	if len(values) == 3 {
		s.unheard = third
		return s, nil
	}
	micros, _ := values[3].(string)
	sec, err1 := strconv.ParseInt(third, 10, 64)
	usec, err2 := strconv.ParseInt(micros, 10, 64)
	if err1 != nil || err2 != nil {
		return sighting{}, fmt.Errorf("unreadable server time %q, %q", third, micros)
	}
	s.server = time.Unix(sec, usec*int64(time.Microsecond))
	return s, nil
}
