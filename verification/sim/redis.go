package sim

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
	"example.com/incumbent/verification/sim/check"
)

// server is a miniredis with the real scripts.
type server struct {
	w     *World
	stub  *redistest.Stub
	admin *redis.Client

	mu      sync.Mutex
	now     register.Contents
	history past
	refusal string
	clients map[string]*process // by the name of their connections
}

func newServer(t testing.TB, w *World) *server {
	s := &server{w: w, stub: redistest.NewStub(t), clients: map[string]*process{}}
	s.admin = s.stub.Client(s.stub.Link())
	s.stub.Mini.Server().SetPreHook(s.serve)
	return s
}

// join connects a process by two clients, set up as an election sets up its own.
func (s *server) join(p *process) endpoint {
	commands, hints := s.network(p, commandsServer), s.network(p, hintsServer)
	s.mu.Lock()
	s.clients[clientName(p)] = p
	s.mu.Unlock()
	c := &client{Client: newClient(p, commands, commandsClient), hints: newClient(p, hints, hintsClient), p: p}
	return endpoint{client: c, commands: commands, hints: hints, close: func() int {
		_ = c.Close() // reports only that it was closed before
		_ = c.hints.Close()
		left := commands.Conns() + hints.Conns()
		commands.Cut() // whoever dials now, dials in vain
		hints.Cut()
		return left
	}}
}

func newClient(p *process, l *link.Link, e ends) *redis.Client {
	retries := -1
	if p.settings.retries {
		retries = 2
	}
	return redis.NewClient(&redis.Options{
		Addr: link.Addr, Dialer: dialer(p, l, e), ClientName: clientName(p), Protocol: 2 + p.n%2,
		MaxRetries: retries, MinRetryBackoff: -1, MaxRetryBackoff: -1, // no pause between them, which would be random
		DialerRetries: 1, ContextTimeoutEnabled: true,
		DialTimeout: dialPatience, ReadTimeout: -1, WriteTimeout: -1,
		PoolSize: 3, PipelinePoolSize: -1,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
}

// client is what a process uses as its Redis. It brings the process' clock and
// notes what is sent and answered.
type client struct {
	*redis.Client

	hints *redis.Client
	p     *process
}

var _ election.Redis = (*client)(nil)

// Clock returns the process' clock.
func (c *client) Clock() seam.Clock { return c.p.clock }

// Subscribe subscribes on the way for hints.
func (c *client) Subscribe(ctx context.Context, channels ...string) *redis.PubSub {
	return c.hints.Subscribe(ctx, channels...)
}

// Pipelined notes what is sent and what is answered. A process that has crashed sends
// nothing: faults that end heal its network, too.
func (c *client) Pipelined(ctx context.Context, fn func(redis.Pipeliner) error) ([]redis.Cmder, error) {
	pipe := c.Pipeline()
	if err := fn(pipe); err != nil {
		return nil, err
	}
	if c.p.dead.Load() {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	if c.p.mute.Load() {
		silence(pipe.Cmds())
	}
	c.queue(pipe.Cmds())
	cmds, err := pipe.Exec(ctx)
	for _, cmd := range cmds {
		c.answered(cmd)
	}
	return cmds, err
}

// silence sends the notes of looks where nobody listens. The arguments are those of
// EVALSHA sha 1 key identity, and of each note a channel and a text.
func silence(cmds []redis.Cmder) {
	for _, cmd := range cmds {
		if words := cmd.Args(); len(words) == 7 && fmt.Sprint(words[2]) == "1" && strings.HasPrefix(strings.ToUpper(fmt.Sprint(words[0])), "EVAL") {
			words[5] = "nobody"
		}
	}
}

// queue notes what is sent. What a process sends at one instant goes on its way at
// instants of its own, in an order that depends on what it is.
func (c *client) queue(cmds []redis.Cmder) {
	text := ""
	for _, cmd := range cmds {
		for _, q := range c.p.w.swaps(texts(cmd.Args())) {
			c.p.log(q)
			text += q.String()
		}
		text += ledgerWords(cmd.Args())
	}
	time.Sleep(c.p.w.slots.after(1, c.p.n, siteOf(hash(text))))
}

// ledgerWords tells requests of the ledger apart; "" for others. The term and the nonce come
// before the words of the ledger itself, and a nonce is another one in each run.
func ledgerWords(args []any) string {
	if len(args) < 7 || args[4] != ledgerKey {
		return ""
	}
	if args[2] == 2 {
		return "read"
	}
	return fmt.Sprint(args[8:]...)
}

// swaps reads the compare-and-sets of a call: EVALSHA sha keys, each key, and of each
// present, expected, next and channel; at last heirs, if there are some.
func (w *World) swaps(words []string) (all []check.Sent) {
	if len(words) < 3 || !strings.HasPrefix(strings.ToUpper(words[0]), "EVAL") {
		return nil
	}
	keys, err := strconv.Atoi(words[2])
	if err != nil || len(words) < 3+5*keys {
		return nil // a look
	}
	for args := range slices.Chunk(words[3+keys:3+5*keys], 4) {
		all = append(all, check.Sent{Expect: w.history.State(args[0] == "1", args[1]), Next: w.history.State(true, args[2])})
	}
	return all
}

func texts(args []any) []string {
	s := make([]string, len(args))
	for i, a := range args {
		s[i] = fmt.Sprint(a)
	}
	return s
}

func (c *client) answered(cmd redis.Cmder) {
	script, ok := cmd.(*redis.Cmd)
	if !ok {
		return
	}
	values, _ := script.Val().([]any)
	swaps := c.p.w.swaps(texts(cmd.Args()))
	if len(swaps) == 0 {
		if got, ok := c.read(script.Val()); ok {
			c.p.log(check.Looked{Got: got})
		}
		return
	}
	for i, v := range values {
		if i == len(swaps) {
			return
		}
		if got, ok := c.read(v); ok {
			c.p.log(check.Answered{Sent: swaps[i], Got: got})
		}
	}
}

// read reads what a script says that a key holds: what it was to hold, or three
// values. A text that is no record is an error.
func (c *client) read(answer any) (got check.State, ok bool) {
	if text, is := answer.(string); is {
		got = c.p.w.history.State(true, text)
		return got, got.Readable()
	}
	values, _ := answer.([]any)
	if len(values) < 3 {
		return got, false
	}
	present, _ := values[0].(int64)
	bytes, _ := values[1].(string)
	return c.p.w.history.State(present == 1, bytes), true
}
