package fence

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/ctxerr"
	"example.com/incumbent/internal/register"
)

// A script is a text behind one of the checks: by term, or by the record of an election or
// the seat of a lock.
type script struct {
	record, seat *register.Script
	term         *register.Script // then the others are nil
}

func byRecord(text string) script {
	return script{record: register.NewScript(text), seat: register.NewSeatScript(text)}
}

func byTerm(text string) script { return script{term: register.NewTermScript(text)} }

// of is the script for what a holder holds.
func (s script) of(h register.Holder) *register.Script {
	switch {
	case s.term != nil:
		return s.term
	case h.Seat != "":
		return s.seat
	}
	return s.record
}

// The scripts of Do.
var (
	doByRecord = byRecord(commandsSource)
	doByTerm   = byTerm(commandsSource)
)

// A call runs a script behind its check.
type call struct {
	script script
	at     string // the key that the check looks at
	holder register.Holder
	rdb    redis.Scripter
}

// newCall finds out for which term ctx works. An empty key is that of the record.
func newCall(ctx context.Context, rdb redis.Scripter, s script, at Key) (*call, error) {
	h, ok := register.HolderFrom(ctx)
	if !ok || h.Grant.Term <= 0 {
		return nil, fmt.Errorf("%w: give the context of elected work or of a lock's, or one derived from it", ErrNoTerm)
	}
	if h.Arrived && s.term == nil {
		return nil, fmt.Errorf("%w: the context is that of a request, which brings a term and no grant: use At", ErrNoTerm)
	}
	c := &call{script: s, at: string(at), holder: h, rdb: rdb}
	if s.term == nil {
		c.at = h.Place.Key
		return c, c.checkClient()
	}
	switch {
	case at == "":
		return nil, fmt.Errorf("%w: the key of At is empty: make it with KeyFor in the context of the work, or write it down", election.ErrConfig)
	case isElections(h.Place, at):
		return nil, fmt.Errorf("%w: the key %q of At belongs to the election or the space of locks: use %q", election.ErrConfig, at, keyFor(h.Place, "fence"))
	}
	return c, c.checkClient()
}

// checkClient refuses clients that cannot run a script at once on one server.
func (c *call) checkClient() error {
	switch rdb := c.rdb.(type) {
	case nil:
		return fmt.Errorf("%w: the Redis client is nil", election.ErrConfig)
	case *redis.Client:
		if rdb == nil {
			return fmt.Errorf("%w: the Redis client is a nil *redis.Client", election.ErrConfig)
		}
	case *redis.ClusterClient:
		if rdb == nil {
			return fmt.Errorf("%w: the Redis client is a nil *redis.ClusterClient", election.ErrConfig)
		}
	case *redis.Ring:
		return fmt.Errorf("%w: a redis.Ring moves keys between servers unseen; use a client of one server, of Sentinel or of a cluster", election.ErrConfig)
	case redis.Pipeliner:
		return fmt.Errorf("%w: a pipeline sends later: give the client itself", election.ErrConfig)
	}
	ours, known := database(c.rdb)
	elections, alsoKnown := database(c.holder.Client)
	if c.script.term == nil && known && alsoKnown && ours != elections {
		return fmt.Errorf("%w: the client is for database %d, and the election or the lock is in database %d: use its client, or At", election.ErrConfig, ours, elections)
	}
	return nil
}

// database is the number of the database that a client says it uses.
func database(rdb any) (int, bool) {
	c, ok := rdb.(interface{ Options() *redis.Options })
	if !ok {
		return 0, false
	}
	return c.Options().DB, true
}

// run sends the script, unless a key is wrong or the term has ended.
func (c *call) run(ctx context.Context, keys []Key, args []any) (any, error) {
	names := make([]string, len(keys))
	for i, k := range keys {
		if err := c.checkKey(k); err != nil {
			return nil, err
		}
		names[i] = string(k)
	}
	if err := election.ContextErr(ctx); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, err // of a context that ends later than the term
	}
	answer, err := c.script.of(c.holder).Eval(ctx, c.rdb, c.holder, c.at, names, args...)
	return answer, c.explain(ctx, err)
}

// explain says what the error of a script amounts to.
func (c *call) explain(ctx context.Context, err error) error {
	if refused, ok := errors.AsType[*register.NotHeldError](err); ok {
		return &Error{Resource: c.at, Term: election.Term(c.holder.Grant.Term), Highest: election.Term(refused.Term)}
	}
	if failed, ok := errors.AsType[register.TextError](err); ok {
		return fmt.Errorf("fence: the script failed, what it did before is done: %w", register.ClassifyText(c.rdb, failed))
	}
	_, said := errors.AsType[redis.Error](err)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, register.ErrNoTerm):
		return fmt.Errorf("%w: the key %q of the fence holds no term: look at it with TYPE and GET, and remove it with DEL if nothing else needs it", election.ErrForeignRecord, c.at)
	case register.IsCompiling(err):
		return fmt.Errorf("%w: the script does not compile: %w", election.ErrConfig, err)
	case !said && ctxerr.Over(ctx):
		return fmt.Errorf("%w: the context ended before the answer: %w", election.ErrUnavailable, context.Cause(ctx))
	}
	return register.ClassifyOf(c.rdb, err)
}

// do runs commands.
func (c *call) do(ctx context.Context, cmds []Cmd) ([]any, error) {
	keys, args, err := flatten(cmds)
	if err != nil {
		return nil, err
	}
	answer, err := c.run(ctx, keys, args)
	if err != nil {
		return nil, err
	}
	values, _ := answer.([]any)
	if len(values) != 2 {
		return nil, fmt.Errorf("%w: an answer of %d values", election.ErrUnavailable, len(values))
	}
	if text, ok := values[1].(string); ok {
		failed, _ := values[0].(int64)
		return nil, c.failure(int(failed), cmds, register.TextError(text))
	}
	replies, _ := values[1].([]any)
	if len(replies) != len(cmds) {
		return nil, fmt.Errorf("%w: %d replies to %d commands", election.ErrUnavailable, len(replies), len(cmds))
	}
	return replies, nil
}

// failure is the error of a command.
func (c *call) failure(position int, cmds []Cmd, err register.TextError) error {
	name := ""
	if position >= 1 && position <= len(cmds) {
		name = cmds[position-1].name()
	}
	return fmt.Errorf("fence: command %d of %d, %s, failed, those before it are done: %w", position, len(cmds), name, register.ClassifyText(c.rdb, err))
}

// eval runs a text.
func (c *call) eval(ctx context.Context, keys []Key, args []any) (any, error) {
	if len(keys) > maxWords || len(args) > maxWords {
		return nil, fmt.Errorf("%w: %d keys and %d arguments: give at most %d of each", election.ErrConfig, len(keys), len(args), maxWords)
	}
	values := make([]any, len(args))
	for i, arg := range args {
		value, err := argument(arg)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		values[i] = value
	}
	return c.run(ctx, keys, values)
}

// checkText refuses a text that cannot stand behind a check.
func checkText(lua string) error {
	if strings.HasPrefix(strings.TrimSpace(lua), "#!") {
		return fmt.Errorf("%w: the script begins with a shebang: leave it out, since the check stands before the script", election.ErrConfig)
	}
	return nil
}
