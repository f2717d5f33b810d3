package schedule

import (
	_ "embed" // the scripts
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

//go:embed lua/ledger.lua
var ledgerSource string

//go:embed lua/read.lua
var readSource string

var (
	ledgerScript = register.NewLineScript(ledgerSource)
	readScript   = register.NewLineScript(readSource)
)

// linesKept is how many lines the history of a job has.
const linesKept = 20

// store is where a ledger is.
type store struct {
	holder register.Holder
	grant  *record.Grant // nil: of who only looks or asks
}

func (s store) key() string             { return s.holder.Place.Key + ":ledger" }
func (s store) history(j string) string { return s.holder.Place.Key + ":runs:" + j }
func (s store) channel() string {
	return s.holder.Place.Key + ":ledger" + s.holder.Place.Suffix
}

// writeCall is one compare-and-set of an entry. Empty bytes are none.
func (s store) writeCall(job, expect, next string, notBefore int64, line string) register.Call {
	return register.Call{
		Script: ledgerScript, Place: s.holder.Place, Grant: s.grant, Keys: []string{s.key(), s.history(job)},
		Args: []any{job, expect, next, strconv.FormatInt(notBefore, 10), line, strconv.Itoa(linesKept), s.channel()},
	}
}

// readCall reads one entry, or all if job is empty.
func (s store) readCall(job string) register.Call {
	c := register.Call{Script: readScript, Place: s.holder.Place, Grant: s.grant, Keys: []string{s.key()}}
	if job != "" {
		c.Args = []any{job}
	}
	return c
}

// written is the answer to a write.
type written struct {
	code   string // done, other, early or full
	is     string // the entry as it is now
	server int64  // microseconds
	lost   string // why the line is not in the history
}

func readWritten(r register.Result) (written, error) {
	texts, err := textsOf(r)
	if err != nil {
		return written{}, err
	}
	if len(texts) != 4 {
		return written{}, fmt.Errorf("%w: an answer of %d values", election.ErrUnavailable, len(texts))
	}
	server, err := micros(texts[2])
	return written{texts[0], texts[1], server, texts[3]}, err
}

// readEntries is the answer to a read: the server's time in microseconds, and entries.
func readEntries(r register.Result) (server int64, entries map[string]string, err error) {
	texts, err := textsOf(r)
	if err != nil {
		return 0, nil, err
	}
	if len(texts)%2 != 1 {
		return 0, nil, fmt.Errorf("%w: an answer of %d values", election.ErrUnavailable, len(texts))
	}
	entries = make(map[string]string, len(texts)/2)
	for i := 1; i < len(texts); i += 2 {
		entries[texts[i]] = texts[i+1]
	}
	server, err = micros(texts[0])
	return server, entries, err
}

func textsOf(r register.Result) ([]string, error) {
	if r.Err != nil {
		return nil, r.Err
	}
	values, ok := r.Value.([]any)
	texts := make([]string, 0, len(values))
	for _, v := range values {
		var text string
		if text, ok = v.(string); !ok {
			break
		}
		texts = append(texts, text)
	}
	if !ok {
		return nil, fmt.Errorf("%w: an answer of unexpected type %T", election.ErrUnavailable, r.Value)
	}
	return texts, nil
}

func micros(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 || n > maxNumber {
		return 0, fmt.Errorf("%w: an answer with the time %.40q", election.ErrUnavailable, text)
	}
	return n, nil
}

// explain adds what to do about a key of another type.
func (s store) explain(err error) error {
	if err != nil && strings.Contains(err.Error(), "WRONGTYPE") {
		return fmt.Errorf("%w: key %s is no hash; look at it with redis-cli TYPE '%s', and if nothing needs it, redis-cli DEL '%s'",
			election.ErrForeignRecord, s.key(), s.key(), s.key())
	}
	return err
}

// foreign explains an entry that cannot be read.
func (s store) foreign(job string, err error) error {
	return fmt.Errorf("%w: job %q in %s: %w; a newer version wrote it, or somebody else did: run that version, or if nothing needs it, redis-cli HDEL '%s' %s",
		election.ErrForeignRecord, job, s.key(), err, s.key(), job)
}

// serverClock is the time of the server, counted on from its last answer. It is never ahead
// of the server by more than the clocks drift: an answer takes time.
type serverClock struct {
	holder   register.Holder
	server   int64 // microseconds, of the last answer
	received time.Duration
}

func (c *serverClock) set(server int64, received time.Duration) {
	c.server, c.received = server, received
}

// now returns milliseconds.
func (c *serverClock) now() int64 {
	passed := c.holder.Line.Clock.Now().Mono - c.received
	return (c.server + max(0, passed).Microseconds()) / 1000
}

// skew is how far the server's clock is from ours.
func (c *serverClock) skew() time.Duration {
	now := c.holder.Line.Clock.Now()
	ours := now.Wall - (now.Mono - c.received)
	return (time.Duration(c.server)*time.Microsecond - ours).Abs()
}
