package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/verification/internal/script"
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

func (p pipe) EvalSha(ctx context.Context, digest string, keys []string, args ...any) *redis.Cmd {
	cmd := redis.NewCmd(ctx)
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = arg.(string) // a panic shows that something else is sent
	}
	value, err := p.server.eval(digest, keys, words)
	switch {
	case errors.Is(err, script.NoScriptError{}):
		cmd.SetErr(err)
	case err != nil:
		panic(err)
	default:
		cmd.SetVal(value)
	}
	return cmd
}

func (p pipe) Eval(ctx context.Context, text string, keys []string, args ...any) *redis.Cmd {
	digest := redis.NewScript(text).Hash()
	if err := p.server.scripts.Load(digest, text); err != nil {
		panic(fmt.Sprintf("a script is no Lua: %v", err))
	}
	return p.EvalSha(ctx, digest, keys, args...)
}
