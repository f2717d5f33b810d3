package register

import (
	"context"
	_ "embed" // the check
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/record"
)

// A Holder is who leads in a term: where its record is, and the grant that must stand in
// it. Scripts of other packages check it; nothing but an elector changes the record.
type Holder struct {
	Place  Place
	Client Client // the application's
	Grant  record.Grant
	Beside // what packages beside election need
}

type holderKey struct{}

// WithHolder returns a context that carries a holder to the packages of this module.
func WithHolder(ctx context.Context, h Holder) context.Context {
	return context.WithValue(ctx, holderKey{}, h)
}

// HolderFrom returns the holder of the innermost term that ctx belongs to; false outside
// of work.
func HolderFrom(ctx context.Context) (Holder, bool) {
	h, ok := ctx.Value(holderKey{}).(Holder)
	return h, ok
}

// ErrNotHeld says that the record does not name the holder's term any more, or not yet
// again. The script has done nothing.
var ErrNotHeld = errors.New("incumbent: the record does not name this term")

// checkSource stands before the text of every [Script].
//
//go:embed lua/check.lua
var checkSource string

// A Script is a Lua text that runs only while the record names the holder's term, in one
// step with that check. Its KEYS and ARGV are its own. It is safe for concurrent use.
type Script struct{ script *redis.Script }

// NewScript returns a script of that text. The check stands before the text, so a text that
// closes its function early cannot get around it.
func NewScript(text string) *Script {
	return &Script{redis.NewScript(strings.Replace(checkSource, "--[[text]]", text, 1))}
}

// Run runs the script once. The keys must have the hash tag of the record, on a single
// server too: else what works there fails in a cluster. It blocks as long as the client
// does. Errors are [ErrNotHeld], ErrDenied, ErrUnfit, or ErrUnavailable, after which the
// script may have run or not. The error of a command in the script is ErrUnavailable, too.
func (s *Script) Run(ctx context.Context, h Holder, keys []string, args ...any) (any, error) {
	for _, k := range keys {
		if tag(k) != tag(h.Place.Key) {
			return nil, fmt.Errorf("key %q is not in the slot of %q: use {%s} in it", k, h.Place.Key, tag(h.Place.Key))
		}
	}
	keys = append([]string{h.Place.Key}, keys...)
	args = append([]any{strconv.FormatInt(h.Grant.Term, 10), h.Grant.Nonce}, args...)
	value, err := s.eval(ctx, h.Client, keys, args)
	if err != nil {
		return nil, NewTarget(h.Client).classify(err, 0)
	}
	values, _ := value.([]any)
	switch {
	case len(values) > 0 && values[0] == int64(1):
		return append(values, nil)[1], nil
	case len(values) == 1 && values[0] == int64(0):
		return nil, ErrNotHeld
	}
	return nil, fmt.Errorf("%w: an answer of unexpected type %T", ErrUnavailable, value)
}

// eval sends the script's digest, and its text if the server does not know that.
func (s *Script) eval(ctx context.Context, rdb Client, keys []string, args []any) (any, error) {
	value, err := only(ctx, rdb, func(p redis.Pipeliner) *redis.Cmd { return s.script.EvalSha(ctx, p, keys, args...) })
	if says(err, "NOSCRIPT") {
		value, err = only(ctx, rdb, func(p redis.Pipeliner) *redis.Cmd { return s.script.Eval(ctx, p, keys, args...) })
	}
	return value, err
}

// only sends a single command.
func only(ctx context.Context, rdb Client, queue func(redis.Pipeliner) *redis.Cmd) (any, error) {
	var cmd *redis.Cmd
	_, err := rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		cmd = queue(p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return cmd.Val(), nil
}

// tag is what decides on a key's slot in a cluster.
func tag(key string) string {
	_, after, opened := strings.Cut(key, "{")
	if in, _, closed := strings.Cut(after, "}"); opened && closed && in != "" {
		return in
	}
	return key
}
