package fence

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// Do runs the commands in one script, if the record still names the term that ctx works
// in, and returns their replies: integers as int64, texts as string, nothing as nil. It
// refuses from the moment at which the record names another, or nobody. Without commands
// it only checks. It blocks as long as the client does, and is safe for concurrent use.
//
// In the work of a lock it checks the seat: that session, call and term must hold it.
//
// rdb must be the server and database of the election, and all keys must be in its slot,
// see [KeyFor]; elsewhere use [At]. To write while the work drains, give the context of
// [election.Drain]. The first command that fails ends the script.
//
// Errors: [ErrFenced], [ErrNoTerm], the cause of a ctx that has ended, election.ErrConfig
// for a wrong key, command or client, election.ErrDenied, ErrUnfit, and
// election.ErrUnavailable, after which the commands may be done or not. What Redis says
// of a command, such as WRONGTYPE, is none of these.
func Do(ctx context.Context, rdb redis.Scripter, cmds ...Cmd) ([]any, error) {
	c, err := newCall(ctx, rdb, doByRecord, "")
	if err != nil {
		return nil, err
	}
	return c.do(ctx, cmds)
}

// Eval runs a Lua script of yours behind the same check and returns its reply; KEYS and
// ARGV in it are keys and args. It must not begin with a shebang. Errors are those of
// [Do]; a script that does not compile is election.ErrConfig.
func Eval(ctx context.Context, rdb redis.Scripter, lua string, keys []Key, args ...any) (any, error) {
	return eval(ctx, rdb, byRecord(lua), "", lua, keys, args)
}

// A Check is a fence for keys in another slot, or on another Redis, than the record.
// Make it with [At]. It is a value and safe for concurrent use.
type Check struct{ key Key }

// At returns a check that keeps the highest term of one election, or one space of locks, at key, in the slot of
// the data. It refuses older terms from the first Do of a later one on; an empty Do is
// enough. The key holds the term as text, and has no TTL.
func At(key Key) Check { return Check{key} }

// Do is like the function [Do]. The key of the check is raised to the term of ctx, even
// if a command fails. election.ErrForeignRecord means that it holds no term.
func (c Check) Do(ctx context.Context, rdb redis.Scripter, cmds ...Cmd) ([]any, error) {
	call, err := newCall(ctx, rdb, doByTerm, c.key)
	if err != nil {
		return nil, err
	}
	return call.do(ctx, cmds)
}

// Eval is like the function [Eval].
func (c Check) Eval(ctx context.Context, rdb redis.Scripter, lua string, keys []Key, args ...any) (any, error) {
	return eval(ctx, rdb, byTerm(lua), c.key, lua, keys, args)
}

func eval(ctx context.Context, rdb redis.Scripter, s script, at Key, lua string, keys []Key, args []any) (any, error) {
	if err := checkText(lua); err != nil {
		return nil, err
	}
	c, err := newCall(ctx, rdb, s, at)
	if err != nil {
		return nil, err
	}
	return c.eval(ctx, keys, args)
}
