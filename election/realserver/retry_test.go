package realserver_test

// Shows S5 on a real server: whatever reply is lost, nothing happens twice.

import (
	"errors"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/redistest"
)

// recordIn finds the records in a request: of a compare-and-set the expected
// one, if there is one, and the new one.
var recordIn = regexp.MustCompile(`\r\n1 ([LDVQ]) (\d+) (\d+) \d+ \S+ \S+`)

// operation names the script in a request by what it writes; empty if it is none.
func operation(request []byte) string {
	records := recordIn.FindAllSubmatch(request, -1)
	last := len(records) - 1
	switch isScript := regexp.MustCompile(`(?i)\r\nevalsha\r\n`).Match(request); {
	case !isScript:
		return ""
	case last < 0:
		return "look"
	case last == 0:
		return "absent to " + string(records[0][1])
	}
	return string(records[last-1][1]) + " to " + string(records[last][1])
}

// losing loses the answer to the first request of each operation, after it was
// executed.
type losing struct {
	mu   sync.Mutex
	lost map[string]int
}

func (l *losing) choose(request []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	op := operation(request)
	if op == "" {
		return false
	}
	l.lost[op]++
	return l.lost[op] == 1
}

// retrying is a client that repeats by itself what it has no answer to, as
// go-redis does unless told otherwise; the protocol has to stand it.
type retrying struct{ *redis.Client }

// Whatever answer is lost, of the client's doing or ours it is asked again, and
// nothing happens twice.
func TestLostAnswersOnARealServer(t *testing.T) {
	t.Parallel()
	for name, client := range map[string]func(*redistest.Server, *link.Link) election.Redis{
		"a client that retries": func(s *redistest.Server, network *link.Link) election.Redis {
			return retrying{s.ClientThrough(network, func(o *redis.Options) { o.MaxRetries, o.ContextTimeoutEnabled = 3, true })}
		},
		"our own": func(s *redistest.Server, network *link.Link) election.Redis { return s.ClientThrough(network) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newArena(t)
			l := &losing{lost: map[string]int{}}
			network := o.server.Link()
			a, b := o.join("a", client(o.server, network), quarantine), o.join("b", client(o.server, network))
			warm(o, a)
			network.LoseRepliesTo(l.choose)
			reign(o, a, b)
			for _, op := range []string{"look", "absent to Q", "Q to L", "L to L", "L to D", "D to D", "D to V", "V to L", "L to V"} {
				if l.lost[op] == 0 {
					t.Errorf("no answer to %q was lost: %v", op, l.lost)
				}
			}
			for _, m := range []*member{a, b} {
				for _, kind := range m.kinds() {
					if kind == election.KindGrantUnresolved || kind == election.KindReleaseFailed || kind == election.KindRecordLost {
						t.Errorf("%s was told of %v", m.ID(), m.kinds())
					}
				}
			}
		})
	}
}

// warm has the server know the scripts.
func warm(o *arena, m *member) {
	o.t.Helper()
	_ = m.StepDown(o.t.Context(), "") // there is nobody, but it looks
	spare := o.candidate("spare", func(c *election.Config) { c.Name = "spare" })
	spare.leader().stop()
}

// reign goes through everything that is ever written: a quarantine, a grant from
// it, beats, a request to step down, beats while it drains, releases and a grant
// from a vacancy.
func reign(o *arena, a, b *member) {
	o.t.Helper()
	drained := make(chan struct{})
	a.drain = drained
	first := a.leader()
	next := b.lead()
	b.event(election.KindStandby)
	first.goesOn()
	err := b.StepDown(o.t.Context(), "")
	if errors.Is(err, election.ErrUnavailable) { // it may stand or not: ask again
		err = b.StepDown(o.t.Context(), "")
	}
	if err != nil {
		o.t.Errorf("StepDown: %v", err)
	}
	a.event(election.KindRevoked)
	for range 2 {
		a.event(election.KindBeat)
	}
	close(drained)
	stopped := time.Now()
	if err := first.wait(); !errors.Is(err, election.ErrStepDown) {
		o.t.Errorf("Lead = %v", err)
	}
	next.begun()
	if took := next.at.Sub(stopped); took > b.Timing().Beat*2 {
		o.t.Errorf("handed over after %v", took)
	}
	next.goesOn()
	next.stop()
}
