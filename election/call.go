package election

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// A call is one call of a script: for one look, or for some swaps.
type call struct {
	script   *redis.Script
	keys     []string
	args     []any
	requests []int // which requests it is for

	value any
	err   error
}

// callSize is how many swaps share a call at most. It keeps a server busy for about
// a third of a millisecond, in which it does nothing else.
const callSize = 128

// calls are what the requests amount to. Swaps share a call where their keys are
// on one server, but for those with heirs, whose channels come last.
func (r *register) calls(requests []request) []*call {
	var calls []*call
	var shared *call
	for i, q := range requests {
		switch {
		case q.swap == nil:
			calls = append(calls, newCall(r.look, 1))
		case r.apart || len(q.swap.heirs) > 0:
			calls = append(calls, newCall(r.cas, 1))
		case shared == nil || len(shared.keys) == callSize:
			calls = append(calls, newCall(r.cas, min(callSize, len(requests)-i)))
		default:
			shared.add(i, q)
			continue
		}
		c := calls[len(calls)-1]
		c.add(i, q)
		if q.swap != nil && len(q.swap.heirs) == 0 {
			shared = c
		}
	}
	return calls
}

// newCall returns a call with room for that many requests.
func newCall(script *redis.Script, n int) *call {
	return &call{script: script, keys: make([]string, 0, n), args: make([]any, 0, 4*n), requests: make([]int, 0, n)}
}

// add has the call do a request as well.
func (c *call) add(i int, q request) {
	c.requests = append(c.requests, i)
	c.keys = append(c.keys, q.place.key)
	if q.swap == nil {
		c.args = append(c.args, "0") // no identity is wanted
		if q.note.channel != "" {
			c.args = append(c.args, q.note.channel, q.note.text)
		}
		return
	}
	var present any = "0"
	if q.swap.expect.present {
		present = "1"
	}
	c.args = append(c.args, present, q.swap.expect.bytes, q.swap.next, q.place.records())
	for _, h := range q.swap.heirs {
		c.args = append(c.args, h)
	}
}

// send executes calls in one packet and reports whether the server has answered. A command without an error of its own that never ran has the
// pipeline's.
func (r *register) send(ctx context.Context, calls []*call, queue func(redis.Pipeliner, *call) *redis.Cmd) (answered bool) {
	cmds := make([]*redis.Cmd, len(calls))
	_, err := r.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, c := range calls {
			cmds[i] = queue(p, c)
		}
		return nil
	})
	for i, c := range calls {
		if cmds[i] != nil { // else the client refused before it asked what to send
			c.value, c.err = cmds[i].Val(), cmds[i].Err()
		}
		if c.value == nil && c.err == nil {
			c.err = err
		}
	}
	_, said := errors.AsType[redis.Error](err)
	return err == nil || said
}

// read reads the answer to one of the call's requests. An error is the client's own.
func (c *call) read(i int, sw *swap) (sighting, error) {
	if c.err != nil || sw == nil {
		return readAnswer(c.value, c.err)
	}
	values, _ := c.value.([]any)
	if len(values) != len(c.requests) {
		return sighting{}, fmt.Errorf("an answer of %d values to %d requests", len(values), len(c.requests))
	}
	if text, ok := values[i].(string); ok && text == sw.next {
		return sw.applied(), nil
	} else if ok {
		return readAnswer(nil, scriptError(text))
	}
	return readAnswer(values[i], nil)
}

// scriptError is the text of an error that a script passes on.
type scriptError string

func (e scriptError) Error() string { return string(e) }

// RedisError marks it as said by the server; see [redis.Error].
func (scriptError) RedisError() {}

// readAnswer reads what a script says of one record.
func readAnswer(value any, err error) (sighting, error) {
	if says(err, "WRONGTYPE") {
		return sighting{contents: contents{present: true}, foreign: errWrongType}, nil
	}
	values, ok := value.([]any)
	if err == nil && !ok {
		err = fmt.Errorf("an answer of unexpected type %T", value)
	}
	if err != nil {
		return sighting{}, err
	}
	return decode(values)
}

// applied is the record as the swap makes it.
func (sw *swap) applied() sighting {
	if sw.rec.Status == 0 {
		return newSighting(true, sw.next)
	}
	return sighting{contents: contents{true, sw.next}, rec: sw.rec}
}
