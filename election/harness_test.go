package election

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/register"
)

const aNonce = "AAAABBBBCCCCDDDD"

func TestMain(m *testing.M) {
	redis.SetLogger(silent{}) // it tells of every connection that a test breaks
	// A client that an application made, and that could not reach a node, tries again from a
	// goroutine of its own, which ends within a second of its Close. It is not ours.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// key is the record of election x, in which everybody stands.
const key = "incumbent:{x}"

// world is a Redis in a bubble, and candidates each behind a network and a clock
// of its own. At its end it has checked for every test that terms rose with the
// writes, that no two works overlapped, and that events were paired.
type world struct {
	*testing.T
	stub  *redistest.Stub
	start time.Time

	// zombies says that works may overlap, since the test breaks what keeps them
	// apart: it stalls a process, or its work overruns its grace.
	zombies bool

	mu         sync.Mutex
	candidates []*candidate
	working    map[*candidate]Term
	elections  []elected
	writes     []write
	traps      []*trap
	refusal    func(cmd string, args []string) string
	counts     map[string]int
}

// elected is a work that began.
type elected struct {
	id   string
	term Term
	at   time.Duration
}

// bubble runs f with a fresh world; nothing of it may be left at the end.
func bubble(t *testing.T, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, stub: redistest.NewStub(t), start: time.Now(), working: map[*candidate]Term{}, counts: map[string]int{}}
		w.loadScripts()
		w.stub.Mini.Server().SetPreHook(w.serve)
		t.Cleanup(w.verify)
		f(w)
	})
}

// loadScripts has the server know the scripts, so that each request is one packet.
func (w *world) loadScripts() {
	client := w.stub.Client(w.stub.Link())
	for _, source := range []string{register.LookSource, register.CasSource} {
		if err := client.ScriptLoad(w.Context(), source).Err(); err != nil {
			w.Fatal(err)
		}
	}
	_ = client.Close()
}

// since is the bubble's time since its start.
func (w *world) since() time.Duration { return time.Since(w.start) }

// sleepUntil sleeps until that time of the bubble, and until all that happens then
// has happened.
func (w *world) sleepUntil(at time.Duration) {
	time.Sleep(at - w.since())
	synctest.Wait()
}

// enter notes that a work begins.
func (w *world) enter(c *candidate, term Term) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for other, t := range w.working {
		if !w.zombies {
			w.Errorf("%v: %s works in term %d while %s still works in term %d", w.since(), c.ID(), term, other.ID(), t)
		}
	}
	if n := len(w.elections); n > 0 && w.elections[n-1].term >= term {
		w.Errorf("%v: %s works in term %d, after term %d", w.since(), c.ID(), term, w.elections[n-1].term)
	}
	w.working[c] = term
	w.elections = append(w.elections, elected{c.ID(), term, w.since()})
}

// exit notes that a work has ended.
func (w *world) exit(c *candidate) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.working, c)
}

// terms are the works so far.
func (w *world) terms() []elected {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.elections)
}

// verify checks at the end what holds in every world.
func (w *world) verify() {
	for _, c := range w.candidates {
		c.verify()
	}
	highest := int64(0)
	for _, wr := range w.history() {
		if wr.op == "elected" && wr.rec.Term <= highest {
			w.Errorf("%v: granted term %d after term %d", wr.at, wr.rec.Term, highest)
		}
		highest = max(highest, wr.rec.Term)
	}
}

// verify checks that events were paired: every term that began has ended, once,
// and was released at most once after that.
func (c *candidate) verify() {
	var leading, ended, held Term
	for _, ev := range c.told() {
		paired := true
		switch ev.Kind {
		case KindElected:
			paired = leading == 0 && held == 0
			leading, ended = ev.Term, 0
		case KindPaused:
			paired = leading == 0 && held == 0
			held = ev.Term
		case KindResumed:
			paired = ev.Term == held
			held, ended = 0, ev.Term // it may not be released
		case KindRevoked:
			paired = ev.Term == leading
			leading, ended = 0, ev.Term
		case KindReleased, KindReleaseFailed:
			paired = ev.Term == ended
			ended = 0
		}
		if !paired {
			c.w.Errorf("%s: %s of term %d comes unpaired in %v", c.ID(), ev.Kind, ev.Term, c.kinds())
		}
	}
	if leading != 0 || held != 0 {
		c.w.Errorf("%s was never told that term %d has ended: %v", c.ID(), leading, c.kinds())
	}
}

// logged is a handler that keeps levels and messages.
type logged struct {
	slog.Handler
	mu    sync.Mutex
	lines []string
}

func (l *logged) Enabled(context.Context, slog.Level) bool { return true }

func (l *logged) WithAttrs([]slog.Attr) slog.Handler { return l }

func (l *logged) WithGroup(string) slog.Handler { return l }

func (l *logged) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, r.Level.String()+" "+r.Message)
	return nil
}

// has reports whether a line contained that text.
func (l *logged) has(text string) bool {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.lines, func(line string) bool { return strings.Contains(line, text) })
}
