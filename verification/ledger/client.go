package ledger

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// client brings scripts to the server. It takes no time: the world does.
type client struct{ server *server }

// Pipelined executes scripts.
func (c client) Pipelined(_ context.Context, queue func(redis.Pipeliner) error) ([]redis.Cmder, error) {
	return nil, queue(pipe{server: c.server})
}

// Subscribe is not used: nobody listens.
func (client) Subscribe(context.Context, ...string) *redis.PubSub { return nil }

// pipe executes at once what is queued.
type pipe struct {
	redis.Pipeliner // of which only these are used

	server *server
}

// noScriptError is the error for a digest that the server does not know.
type noScriptError struct{}

func (noScriptError) Error() string { return "NOSCRIPT No matching script." }
func (noScriptError) RedisError()   {}

func (p pipe) EvalSha(ctx context.Context, digest string, keys []string, args ...any) *redis.Cmd {
	cmd := redis.NewCmd(ctx)
	if p.server.texts[digest] == nil {
		cmd.SetErr(noScriptError{})
		return cmd
	}
	value, err := p.server.eval(digest, keys, args)
	if err != nil {
		panic(fmt.Sprintf("a script fails: %v", err))
	}
	cmd.SetVal(value)
	return cmd
}

func (p pipe) Eval(ctx context.Context, text string, keys []string, args ...any) *redis.Cmd {
	digest := redis.NewScript(text).Hash()
	if err := p.server.load(digest, text); err != nil {
		panic(fmt.Sprintf("a script is no Lua: %v", err))
	}
	return p.EvalSha(ctx, digest, keys, args...)
}
