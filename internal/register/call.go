package register

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

// calls are what the requests amount to: grouped first, then built.
func (r *Register) calls(requests []Request) []*call {
	groups := r.groups(requests)
	for _, c := range groups {
		c.build(requests)
	}
	return groups
}

// groups says which requests share a call. Swaps do where their keys are on one server,
// but for those that notify some candidates first, whose channels come last.
func (r *Register) groups(requests []Request) []*call {
	var calls []*call
	var shared *call // that takes more swaps
	for i, q := range requests {
		switch {
		case q.Swap == nil:
			calls = append(calls, &call{script: r.look, requests: []int{i}})
		case r.apart || len(q.Swap.NotifyFirst) > 0:
			calls = append(calls, &call{script: r.cas, requests: []int{i}})
		case shared == nil || len(shared.requests) == callSize:
			shared = &call{script: r.cas, requests: append(make([]int, 0, min(callSize, len(requests)-i)), i)}
			calls = append(calls, shared)
		default:
			shared.requests = append(shared.requests, i)
		}
	}
	return calls
}

// build writes down keys and arguments.
func (c *call) build(requests []Request) {
	c.keys, c.args = make([]string, 0, len(c.requests)), make([]any, 0, 4*len(c.requests))
	for _, i := range c.requests {
		q := requests[i]
		c.keys = append(c.keys, q.Place.Key)
		if q.Swap == nil {
			c.addLook(q.Note)
		} else {
			c.addSwap(q.Swap, q.Place.Records())
		}
	}
}

func (c *call) addLook(n Note) {
	c.args = append(c.args, "0") // no identity is wanted
	if n.Channel != "" {
		c.args = append(c.args, n.Channel, n.Text)
	}
}

func (c *call) addSwap(sw *Swap, channel string) {
	var present any = "0"
	if sw.Expect.Present {
		present = "1"
	}
	c.args = append(c.args, present, sw.Expect.Bytes, sw.Next, channel)
	for _, h := range sw.NotifyFirst {
		c.args = append(c.args, h)
	}
}

// send executes calls in one packet and reports whether the server has answered. A command
// without an error of its own that never ran has the pipeline's.
func (r *Register) send(ctx context.Context, calls []*call, queue func(redis.Pipeliner, *call) *redis.Cmd) (answered bool) {
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
func (c *call) read(i int, sw *Swap) (Observation, error) {
	if c.err != nil || sw == nil {
		return readAnswer(c.value, c.err)
	}
	values, _ := c.value.([]any)
	if len(values) != len(c.requests) {
		return Observation{}, fmt.Errorf("an answer of %d values to %d requests", len(values), len(c.requests))
	}
	// A text is the new bytes, or an error's. No error is taken for the bytes: a record
	// begins with the digit of its version, an error with a code in capitals.
	if text, ok := values[i].(string); ok && text == sw.Next {
		return sw.Applied(), nil
	} else if ok {
		return readAnswer(nil, TextError(text))
	}
	return readAnswer(values[i], nil)
}

// readAnswer reads what a script says of one record.
func readAnswer(value any, err error) (Observation, error) {
	if says(err, "WRONGTYPE") {
		return Observation{Contents: Contents{Present: true}, Foreign: ErrWrongType}, nil
	}
	values, ok := value.([]any)
	if err == nil && !ok {
		err = fmt.Errorf("an answer of unexpected type %T", value)
	}
	if err != nil {
		return Observation{}, err
	}
	return decode(values)
}

// Applied is the record as the swap makes it.
func (sw *Swap) Applied() Observation {
	if sw.Rec.Status == 0 {
		return NewObservation(true, sw.Next)
	}
	return Observation{Contents: Contents{true, sw.Next}, Rec: sw.Rec}
}
