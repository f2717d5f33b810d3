package fresh

import (
	"context"
	_ "embed" // the scripts
	"fmt"
	"strconv"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
)

//go:embed lua/read.lua
var readSource string

//go:embed lua/write.lua
var writeSource string

var (
	readScript  = register.NewSource(readSource)
	writeScript = register.NewSource(writeSource)
)

const (
	// attempt is how long a request may take.
	attempt = time.Second
	// connections are those of a process: for who reads, and for who writes.
	connections = 2
)

// store is a value in Redis. Each method sends one script once, and blocks for an attempt at
// most; copies of it do no harm.
type store struct {
	direct *register.Direct
	clock  seam.Clock
	key    string
}

// answer is what Redis said.
type answer struct {
	sent, received heartbeat.Instant
	server         int64 // its time, in microseconds
	present        bool
	bytes          string // empty: those that the reader knows
}

// read reads the value; known is the head of one that the reader has, or empty.
func (s *store) read(ctx context.Context, known string) (answer, error) {
	a, values, err := s.run(ctx, readScript, append(readScript.Command(1, 2), s.key, known))
	if err != nil {
		return a, s.explain(err)
	}
	if len(values) == 3 {
		a.present, a.bytes = true, values[2]
	}
	return a, nil
}

// write replaces the value, unless a later one is there.
func (s *store) write(ctx context.Context, h head, value []byte) (answer, error) {
	text := append([]byte(h.String()), value...)
	term, made := strconv.FormatInt(h.term, 10), strconv.FormatInt(h.made, 10)
	a, values, err := s.run(ctx, writeScript, append(writeScript.Command(1, 4), s.key, term, made, text))
	if err != nil {
		return a, s.explain(err)
	}
	values = append(values, "", "")
	switch values[2] {
	case "done":
		return a, nil
	case "term":
		highest, _ := strconv.ParseInt(values[3], 10, 64)
		return a, s.fenced(h.term, highest)
	case "made":
		return a, fmt.Errorf("%w: a later value of term %d is at %s", election.ErrUnavailable, h.term, s.key)
	}
	return a, s.foreign(errForm)
}

// run sends a script and reads the time that it answers with.
func (s *store) run(ctx context.Context, script *register.Source, words []any) (answer, []string, error) {
	a := answer{sent: s.clock.Now()}
	value, err := s.direct.Run(ctx, s.clock.Timer(attempt), script, words)
	a.received = s.clock.Now()
	if err != nil {
		return a, nil, err
	}
	texts, ok := textsOf(value)
	if !ok || len(texts) < 2 {
		return a, nil, fmt.Errorf("%w: an answer of unexpected form %T", election.ErrUnavailable, value)
	}
	seconds, err1 := strconv.ParseInt(texts[0], 10, 40)
	rest, err2 := strconv.ParseInt(texts[1], 10, 40)
	if err1 != nil || err2 != nil {
		return a, nil, fmt.Errorf("%w: an answer with the time %.20q %.20q", election.ErrUnavailable, texts[0], texts[1])
	}
	a.server = seconds*1_000_000 + rest
	return a, texts, nil
}

func textsOf(value any) ([]string, bool) {
	values, ok := value.([]any)
	texts := make([]string, len(values))
	for i, v := range values {
		text, is := v.(string)
		texts[i], ok = text, ok && is
	}
	return texts, ok
}

// explain adds what to do about a key of another type.
func (s *store) explain(err error) error {
	if register.IsWrongType(err) {
		return s.foreign(err)
	}
	return err
}

// foreign says which key holds something else, and how to repair it.
func (s *store) foreign(why error) error {
	return fmt.Errorf("%w: key %s holds no fresh value, or one of a later version (%w); look at it with redis-cli TYPE '%s' and GET, and if nothing needs it, redis-cli DEL '%s'",
		election.ErrForeignRecord, s.key, why, s.key, s.key)
}

// fenced is the error of a term that is over.
func (s *store) fenced(term, highest int64) error {
	return fmt.Errorf("fresh: a later term has written: if no such term leads, the value is another election's: redis-cli DEL '%s': %w",
		s.key, &fence.Error{Resource: s.key, Term: election.Term(term), Highest: election.Term(highest)})
}
