// Package register keeps the records of elections in Redis: looks, and compare-and-sets of
// exact bytes. It has the scripts, the packets in which requests go, the client and its
// connections, and what the errors of a server mean.
package register

import (
	"context"
	_ "embed" // the scripts
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/seam"
)

// LookSource is the script of a look.
//
//go:embed lua/look.lua
var LookSource string

// CasSource is the script of compare-and-sets.
//
//go:embed lua/cas.lua
var CasSource string

// Store is where records are: see [Register].
type Store interface {
	// Do executes requests in one packet. Each reply stands for itself.
	Do(ctx context.Context, requests ...Request) []Reply
	// Peek is a look without scripts, and without the server's time.
	Peek(ctx context.Context, key string) (Observation, error)
}

// A Register is one key used as a compare-and-set register. Look and CAS are the
// whole store: contending, beating, taking over, releasing and stepping down are
// all a CAS of exact bytes that never repeat, so a request that is sent twice,
// or arrives late, changes nothing more. Absence has no bytes that could differ:
// what replaces it is made unique by the server, which adds its time.
type Register struct {
	rdb        Client
	Target     *Target
	clock      seam.Clock
	look, cas  *redis.Script
	apart      bool                                            // keys may live on several servers: a script for each
	unanswered func(attempt time.Duration, requests []Request) // called with packets that had no answer; must not block
}

// NewRegister returns the register that a client reaches. It calls unanswered with packets
// that had no answer, and for how long they were tried; that must not block.
func NewRegister(rdb Client, clock seam.Clock, unanswered func(time.Duration, []Request)) *Register {
	return &Register{
		rdb: rdb, Target: NewTarget(rdb), clock: clock, unanswered: unanswered,
		look: redis.NewScript(LookSource), cas: redis.NewScript(CasSource), apart: !classifyClient(rdb).alone(),
	}
}

// Do executes requests in one packet. Each answer stands for itself: one that was
// lost is unknown for its request only. A look is a script too, so that no client
// sends it to a replica.
func (r *Register) Do(ctx context.Context, requests ...Request) []Reply {
	calls := r.calls(requests)
	began, sent := time.Now(), r.clock.Now()
	answered := r.send(ctx, calls, func(p redis.Pipeliner, c *call) *redis.Cmd {
		return p.EvalSha(ctx, c.script.Hash(), c.keys, c.args...)
	})
	unknown := slices.DeleteFunc(slices.Clone(calls), func(c *call) bool { return !says(c.err, "NOSCRIPT") })
	if len(unknown) > 0 { // the anchor of trust stays before the first send
		answered = r.send(ctx, unknown, func(p redis.Pipeliner, c *call) *redis.Cmd {
			return c.script.Eval(ctx, p, c.keys, c.args...)
		})
	}
	received := r.clock.Now()
	var attempt time.Duration
	if until, ok := ctx.Deadline(); ok {
		attempt = until.Sub(began)
	}
	if answered {
		r.Target.heard()
	} else if attempt > 0 {
		r.reload()
		r.unanswered(attempt, requests)
	}
	replies := make([]Reply, len(requests))
	for _, c := range calls {
		for i, n := range c.requests {
			seen, err := c.read(i, requests[n].Swap)
			if err != nil {
				err = r.Target.classify(err, attempt)
			}
			seen.Sent, seen.Received = sent, received
			replies[n] = Reply{seen, err}
		}
	}
	return replies
}

// reload asks a client that keeps a map of a cluster to read it anew. By itself it does
// so once a minute, or when a node redirects it, which a dead master never does: packets
// would go to that master until then. It does not block.
func (r *Register) reload() {
	if c, ok := r.rdb.(interface{ ReloadState(ctx context.Context) }); ok {
		c.ReloadState(context.Background())
	}
}

// Peek is a look in plain commands, for observers without the right to run
// scripts. It does not ask for the server's time, which only candidates need: a
// command without a key goes to any node of a cluster, and one may hang.
func (r *Register) Peek(ctx context.Context, key string) (Observation, error) {
	sent := r.clock.Now()
	bytes := &redis.StringCmd{} // as it stays if the client refuses
	_, err := r.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		bytes = p.GetRange(ctx, key, 0, 2*record.MaxSize)
		return nil
	})
	is := Contents{err == nil, bytes.Val()}
	if err == nil && is.Bytes == "" { // absent and empty look alike to GETRANGE
		is, err = r.get(ctx, key)
	}
	var s Observation
	switch {
	case says(err, "WRONGTYPE"):
		s = Observation{Contents: Contents{Present: true}, Foreign: ErrWrongType}
	case err != nil:
		if _, said := errors.AsType[redis.Error](err); !said {
			r.reload()
		}
		return Observation{}, r.Target.classify(err, 0)
	default:
		s = NewObservation(is.Present, is.Bytes)
	}
	s.Sent, s.Received = sent, r.clock.Now()
	return s, nil
}

// get tells an absent key from an empty one, which look alike to GETRANGE, and finds what
// was written a moment ago.
func (r *Register) get(ctx context.Context, key string) (Contents, error) {
	bytes := &redis.StringCmd{}
	_, err := r.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		bytes = p.Get(ctx, key)
		return nil
	})
	if errors.Is(err, redis.Nil) {
		return Contents{}, nil
	}
	return Contents{err == nil, bytes.Val()[:min(len(bytes.Val()), 2*record.MaxSize+1)]}, err
}

// ErrWrongType says why a key of another type is no record.
var ErrWrongType = errors.New("a key of another type than string")

// decode reads the answer of a script: {present, bytes, publish error} of cas or
// {present, bytes, seconds, microseconds} of look.
func decode(values []any) (Observation, error) {
	if len(values) < 3 {
		return Observation{}, fmt.Errorf("answer of %d values", len(values))
	}
	present, ok1 := values[0].(int64)
	bytes, ok2 := values[1].(string)
	third, ok3 := values[2].(string)
	if !ok1 || !ok2 || !ok3 {
		return Observation{}, fmt.Errorf("answer of unexpected types %T, %T, %T", values[0], values[1], values[2])
	}
	s := NewObservation(present == 1, bytes)
	if len(values) == 3 {
		s.PublishErr = third
		return s, nil
	}
	micros, _ := values[3].(string)
	sec, err1 := strconv.ParseInt(third, 10, 64)
	usec, err2 := strconv.ParseInt(micros, 10, 64)
	if err1 != nil || err2 != nil {
		return Observation{}, fmt.Errorf("unreadable server time %q, %q", third, micros)
	}
	s.Server = time.Unix(sec, usec*int64(time.Microsecond))
	return s, nil
}
