package space

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/seam"
	"example.com/incumbent/verification/internal/script"
)

// client is what a process uses as its Redis. Scripts go on a way of their own, with a fate
// each; notifications come over a connection.
type client struct {
	p *process
}

var _ election.Redis = client{}

// counting is a client that says that it is of one server: publications count their listeners.
type counting struct{ client }

// Options returns those of the server.
func (c counting) Options() *redis.Options { return c.p.hints.Options() }

// Clock returns the process' clock.
func (c client) Clock() seam.Clock { return c.p.clock }

// Subscribe subscribes on the way for notifications.
func (c client) Subscribe(ctx context.Context, channels ...string) *redis.PubSub {
	return c.p.hints.Subscribe(ctx, channels...)
}

// Pipelined executes scripts, one after the other.
func (c client) Pipelined(ctx context.Context, queue func(redis.Pipeliner) error) ([]redis.Cmder, error) {
	p := &pipe{p: c.p}
	if err := queue(p); err != nil {
		return nil, err
	}
	for _, cmd := range p.queued {
		value, err := c.p.request(ctx, cmd.Args())
		if err != nil {
			cmd.SetErr(err)
			return nil, err
		}
		cmd.SetVal(value)
	}
	return nil, nil
}

// pipe keeps what is queued.
type pipe struct {
	redis.Pipeliner // of which only these are used

	p      *process
	queued []*redis.Cmd
}

// Process queues a command.
func (q *pipe) Process(_ context.Context, cmd redis.Cmder) error {
	script, ok := cmd.(*redis.Cmd)
	if !ok {
		return fmt.Errorf("the simulation has no %T", cmd)
	}
	q.queued = append(q.queued, script)
	return nil
}

var errReset = errors.New("connection reset by peer")

// request is a script that was sent.
type request struct {
	digest string
	keys   int
	words  []string
}

// read reads EVALSHA digest keys ... and EVAL text keys ...; a text is loaded.
func (p *process) read(args []any) (request, error) {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = fmt.Sprint(a)
	}
	keys := 0
	if _, err := fmt.Sscan(words[2], &keys); err != nil {
		return request{}, err
	}
	digest := words[1]
	switch {
	case words[0] == "eval":
		digest = redis.NewScript(words[1]).Hash()
		if err := p.w.server.load(digest, words[1]); err != nil {
			panic(fmt.Sprintf("a script is no Lua: %v", err))
		}
	case !p.w.server.knows(digest):
		return request{}, script.NoScriptError{}
	}
	return request{digest, keys, words[3:]}, nil
}

// request sends one script and waits for its answer, as long as ctx lasts.
func (p *process) request(ctx context.Context, args []any) (any, error) {
	p.stand()
	s, err := p.read(args)
	if err != nil {
		return nil, err
	}
	f := p.fate()
	p.w.count(f)
	answers := make(chan any, 2)
	execute := func(answer bool) {
		value := p.w.run(s)
		if answer {
			time.AfterFunc(f.back, func() { answers <- value })
		}
	}
	if !f.lost {
		time.AfterFunc(f.forth, func() { execute(!f.mute) })
	}
	if f.again > 0 {
		time.AfterFunc(f.again, func() { execute(false) })
	}
	if f.reset {
		p.sleep(ctx, time.Millisecond)
		return nil, errReset
	}
	select {
	case value := <-answers:
		p.stand()
		return value, nil
	case <-ctx.Done():
		p.stand()
		return nil, context.Cause(ctx)
	}
}

// run executes a script.
func (w *world) run(s request) any {
	value, err := w.server.eval(s.digest, s.keys, s.words)
	if err != nil {
		panic(err)
	}
	return value
}

// stand stands still for as long as the process does.
func (p *process) stand() {
	for left := p.clock.Stalled(); left > 0; left = p.clock.Stalled() {
		time.Sleep(left)
	}
}

func (p *process) sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
