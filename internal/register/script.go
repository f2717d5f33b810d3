package register

import (
	"context"
	_ "embed" // the checks
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
	Seat   string // of a lock: the field of the hash at Place that must hold the nonce; else empty
	// Arrived says that the term came with a request of another process: nothing is known of
	// the grant, so only a check by term can be made.
	Arrived bool

	Beside // what packages beside election need
}

// HolderKey is under which a context has a [Holder].
type HolderKey struct{}

// WithHolder returns a context that carries a holder to the packages of this module.
func WithHolder(ctx context.Context, h Holder) context.Context {
	return context.WithValue(ctx, HolderKey{}, h)
}

// HolderFrom returns the holder of the innermost term that ctx belongs to; false outside
// of work.
func HolderFrom(ctx context.Context) (Holder, bool) {
	h, ok := ctx.Value(HolderKey{}).(Holder)
	return h, ok
}

// ErrNotHeld says that the record does not name the holder's term any more, or not yet
// again. The script has done nothing.
var ErrNotHeld = errors.New("incumbent: the record does not name this term")

// ErrNoTerm says that the key of the highest term holds something else. The script has
// done nothing.
var ErrNoTerm = errors.New("incumbent: the key holds no term")

// A NotHeldError says which term stands where the holder's was expected. It wraps
// [ErrNotHeld].
type NotHeldError struct{ Term int64 } // 0: none

// Error does not repeat the term: whoever shows it knows both.
func (e *NotHeldError) Error() string { return ErrNotHeld.Error() }

// Unwrap returns [ErrNotHeld].
func (e *NotHeldError) Unwrap() error { return ErrNotHeld }

// A TextError is an error that a script passes on as text. From [Script.Eval] it is that
// of the script's own text, or of a command in it: the check has passed, and what the text
// did before it is done.
type TextError string

// Error is what Redis says.
func (e TextError) Error() string { return string(e) }

// RedisError marks it as said by the server; see [redis.Error].
func (TextError) RedisError() {}

// The checks, one of which stands before the text of every [Script], and the frame around
// that.
var (
	//go:embed lua/check.lua
	checkSource string
	//go:embed lua/seat.lua
	seatSource string
	//go:embed lua/term.lua
	termSource string
	//go:embed lua/frame.lua
	frameSource string
)

// A Script is a Lua text that runs only if a check passes, in one step with that. Its KEYS
// and ARGV are its own. It is safe for concurrent use.
type Script struct {
	text, digest string
	bySeat       bool
}

// NewScript returns a script of that text, which runs only while the record names the
// holder's term. The check stands before the text, so a text that closes its function
// early cannot get around it.
func NewScript(text string) *Script { return newScript(checkSource, text) }

// NewSeatScript returns a script of that text, which runs only while the holder's seat in the
// space of a lock is held by the holder's session and call, in its term.
func NewSeatScript(text string) *Script {
	s := newScript(seatSource, text)
	s.bySeat = true
	return s
}

// NewTermScript returns a script of that text, which runs unless its first key holds a
// later term than the holder's. The key is raised to the holder's.
func NewTermScript(text string) *Script { return newScript(termSource, text) }

func newScript(check, text string) *Script {
	text = check + strings.Replace(frameSource, "--[[text]]", text, 1)
	return &Script{text: text, digest: redis.NewScript(text).Hash()}
}

// Run runs the script once, by the record. The keys must have the hash tag of the record,
// on a single server too: else what works there fails in a cluster. It blocks as long as
// the client does. Errors are [ErrNotHeld], ErrDenied, ErrUnfit, or ErrUnavailable, after
// which the script may have run or not. The error of a command in the script is
// ErrUnavailable, too, and wraps [TextError].
func (s *Script) Run(ctx context.Context, h Holder, keys []string, args ...any) (any, error) {
	for _, k := range keys {
		if Tag(k) != Tag(h.Place.Key) {
			return nil, fmt.Errorf("key %q is not in the slot of %q: use {%s} in it", k, h.Place.Key, Tag(h.Place.Key))
		}
	}
	value, err := s.Eval(ctx, packets{h.Client}, h, h.Place.Key, keys, args...)
	if err != nil && !errors.Is(err, ErrNotHeld) {
		return nil, NewTarget(h.Client).classify(err, 0)
	}
	return value, err
}

// An Evaler runs scripts. Clients do, and pipelines of them.
type Evaler interface {
	// Eval sends the text of a script.
	Eval(ctx context.Context, script string, keys []string, args ...any) *redis.Cmd
	// EvalSha sends its digest.
	EvalSha(ctx context.Context, sha1 string, keys []string, args ...any) *redis.Cmd
}

// Eval runs the script once over the application's client; at is the key that the check
// looks at. It sends the script's digest, and its text if the server does not know that.
// Errors are [NotHeldError], [ErrNoTerm], [TextError], or those of the client as they are.
func (s *Script) Eval(ctx context.Context, rdb Evaler, h Holder, at string, keys []string, args ...any) (any, error) {
	keys = append([]string{at}, keys...)
	first := h.Seat
	if !s.bySeat {
		first = strconv.FormatInt(h.Grant.Term, 10)
	}
	args = append([]any{first, h.Grant.Nonce}, args...)
	value, err := rdb.EvalSha(ctx, s.digest, keys, args...).Result()
	if says(err, "NOSCRIPT") {
		value, err = rdb.Eval(ctx, s.text, keys, args...).Result()
	}
	if err != nil {
		return nil, err
	}
	return readScript(value)
}

// readScript reads what check and frame answer.
func readScript(value any) (any, error) {
	values, _ := value.([]any)
	values = append(values, nil, nil)
	text, _ := values[1].(string)
	switch values[0] {
	case int64(0):
		term, _ := strconv.ParseInt(text, 10, 64) // 0 if it is none
		return nil, &NotHeldError{term}
	case int64(1):
		return values[1], nil
	case int64(2):
		return nil, TextError(text)
	case int64(3):
		return nil, ErrNoTerm
	}
	return nil, fmt.Errorf("an answer of unexpected type %T", value)
}

// packets runs scripts by the only method that a [Client] has for it.
type packets struct{ rdb Client }

func (p packets) Eval(ctx context.Context, script string, keys []string, args ...any) *redis.Cmd {
	return p.only(ctx, func(q redis.Pipeliner) *redis.Cmd { return q.Eval(ctx, script, keys, args...) })
}

func (p packets) EvalSha(ctx context.Context, sha1 string, keys []string, args ...any) *redis.Cmd {
	return p.only(ctx, func(q redis.Pipeliner) *redis.Cmd { return q.EvalSha(ctx, sha1, keys, args...) })
}

// only sends a single command.
func (p packets) only(ctx context.Context, queue func(redis.Pipeliner) *redis.Cmd) *redis.Cmd {
	var cmd *redis.Cmd
	_, err := p.rdb.Pipelined(ctx, func(q redis.Pipeliner) error {
		cmd = queue(q)
		return nil
	})
	if cmd == nil { // the client refused before it asked what to send
		cmd = redis.NewCmd(ctx)
	}
	if err != nil {
		cmd.SetErr(err)
	}
	return cmd
}

// Tag is what decides on a key's slot in a cluster.
func Tag(key string) string {
	_, after, opened := strings.Cut(key, "{")
	if in, _, closed := strings.Cut(after, "}"); opened && closed && in != "" {
		return in
	}
	return key
}
