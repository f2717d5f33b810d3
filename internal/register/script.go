package register

import (
	"context"
	_ "embed" // the check
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/record"
)

// A Holder is who leads in a term: where its record is, and the grant that must stand in
// it. Scripts of other packages check it; nothing but an elector changes the record.
type Holder struct {
	Place  Place
	Client Client // the application's
	Grant  record.Grant

	Channels // of the Conn

	Name    string // of the election
	ID      string // of the candidate
	Lease   time.Duration
	Attempt time.Duration // how long an attempt may take
	Memory  *sync.Map     // of packages beside election: it outlives terms, as long as the Conn knows the name
}

// Channels are what packages beside election send and listen through.
type Channels struct {
	Line   *Line
	Listen func(channel string, hear func(text string)) (stop func()) // an empty text: the channel was subscribed
}

// A Door is how packages beside election get at what an elector has. A public type embeds
// it, under an unexported alias, to have no method in its documentation whose types nobody
// can import.
type Door struct{ visit func() (Holder, func(), error) }

// NewDoor returns a Door to what visit returns.
func NewDoor(visit func() (Holder, func(), error)) Door { return Door{visit} }

// Visit begins a call of the elector: connections are kept until leave is called. The
// holder has no grant.
func (d Door) Visit() (h Holder, leave func(), err error) { return d.visit() }

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
type Script struct {
	script *redis.Script // behind the check
	plain  *redis.Script // for who only looks or asks
}

// NewScript returns a script of that text. The check stands before the text, so a text that
// closes its function early cannot get around it.
func NewScript(text string) *Script {
	return &Script{redis.NewScript(strings.Replace(checkSource, "--[[text]]", text, 1)), redis.NewScript(text)}
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
	keys, args = withCheck(h.Place, h.Grant, keys, args)
	value, err := s.eval(ctx, h.Client, keys, args)
	if err != nil {
		return nil, NewTarget(h.Client).classify(err, 0)
	}
	return unwrap(value)
}

// withCheck puts what the check needs before keys and arguments.
func withCheck(p Place, g record.Grant, keys []string, args []any) (k []string, a []any) {
	k = append(append(make([]string, 0, 1+len(keys)), p.Key), keys...)
	a = append(append(make([]any, 0, 2+len(args)), strconv.FormatInt(g.Term, 10), g.Nonce), args...)
	return k, a
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
