package chaos

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"example.com/incumbent/verification/sim/check"
)

// court is a judge of journals that a test writes, at times of its own.
type court struct {
	*judge

	t     *testing.T
	files map[int]*os.File
	procs map[int]*stream
}

const testLease = 2 * time.Second

func newCourt(t *testing.T) *court {
	c := &court{t: t, judge: newJudge(testLease, nil), files: map[int]*os.File{}, procs: map[int]*stream{}}
	c.start -= time.Hour
	c.last()
	return c
}

// join opens the journal of a process that calls Lead at once.
func (c *court) join(proc int) {
	path := filepath.Join(c.t.TempDir(), "journal")
	f, err := os.Create(path)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = f.Close() })
	c.files[proc] = f
	if c.procs[proc], err = c.follow(proc, path); err != nil {
		c.t.Fatal(err)
	}
	c.at(proc, 0, line{K: kStarted, Settings: &check.Settings{Lease: testLease, Grace: 400 * time.Millisecond, CoolDown: time.Second, Release: testLease}})
	c.at(proc, 1, line{K: kCalled})
}

// at writes a line at a millisecond of the run.
func (c *court) at(proc, ms int, l line) {
	l.T = c.start + time.Duration(ms)*time.Millisecond
	switch l.K {
	case kTick:
		l.At = l.T
	case kStalled:
		l.At = l.T - l.D
	}
	text, err := json.Marshal(l)
	if err != nil {
		c.t.Fatal(err)
	}
	fmt.Fprintf(c.files[proc], "%s\n", text)
}

func (c *court) key(ms int, kind changeKind, bytes string) {
	c.changed(change{at: c.start + time.Duration(ms)*time.Millisecond, kind: kind, bytes: bytes})
}

func recordOf(status string, term, beat, proc int) string {
	holder := base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprint("p", proc)))
	return fmt.Sprintf("1 %s %d %d 2000 %s nonce%d - -", status, term, beat, holder, term)
}

// grant has a process be elected and work.
func (c *court) grant(proc, ms, term int, from *string) {
	next := recordOf("L", term, 0, proc)
	c.at(proc, ms, line{K: kSent, Expect: from, Next: next})
	c.key(ms+1, wrote, next)
	c.at(proc, ms+2, line{K: kAnswered, Expect: from, Next: next, Got: &next})
	c.at(proc, ms+3, line{K: kBegan, Term: int64(term)})
	c.at(proc, ms+3, line{K: kElected, Term: int64(term)})
}

func (c *court) ended(proc, ms, term int) {
	c.at(proc, ms, line{K: kRevoked, Term: int64(term)})
	c.at(proc, ms, line{K: kEnded, Term: int64(term)})
}

// until has everything judged that happened before.
func (c *court) until(ms int) *Summary {
	c.t.Helper()
	for proc := range c.files {
		c.at(proc, ms, line{K: kTick})
	}
	if err := c.pump(); err != nil {
		c.t.Fatal(err)
	}
	s := c.summary()
	if len(s.OutOfOrder) != 0 {
		c.t.Errorf("entries came too late: %v", s.OutOfOrder)
	}
	return s
}

// two are two processes of which the first was elected at 100 ms from a vacancy,
// and the second by taking over at the given time.
func two(t *testing.T, takeover int) *court {
	c := newCourt(t)
	c.join(1)
	c.join(2)
	v := recordOf("V", 1, 0, 0)
	c.key(50, put, v)
	c.grant(1, 100, 10, &v)
	held := recordOf("L", 10, 0, 1)
	c.grant(2, takeover, 20, &held)
	return c
}

func TestJudgeFindsAnOverlap(t *testing.T) {
	s := two(t, 2200).until(3000)
	if len(s.Violations) != 1 || s.Story == "" {
		t.Errorf("found %v", s.Violations)
	}
	if s.Terms != 2 || s.Takeovers != 1 || s.Handovers != 1 {
		t.Errorf("%d terms, %d takeovers, %d handovers", s.Terms, s.Takeovers, s.Handovers)
	}
}

func TestJudgeFindsAnEarlyTakeover(t *testing.T) {
	c := two(t, 1900)
	c.ended(1, 1500, 10)
	if s := c.until(3000); len(s.Violations) != 1 {
		t.Errorf("found %v", s.Violations)
	}
}

func TestJudgeFindsNothingWrong(t *testing.T) {
	c := two(t, 2200)
	c.ended(1, 1500, 10)
	if s := c.until(3000); len(s.Violations)+len(s.Breaches) != 0 {
		t.Errorf("found %v, %v", s.Violations, s.Breaches)
	}
}

// A process that was frozen tells so only when it goes on. Then what happened
// meanwhile is judged by it.
func TestJudgeKnowsOfAStall(t *testing.T) {
	c := two(t, 2200)
	c.at(1, 900, line{K: kTick})
	if s := c.until(900); s.Terms != 1 {
		t.Errorf("%d terms were judged before all was told", s.Terms)
	}
	c.at(1, 2900, line{K: kStalled, D: 2 * time.Second})
	c.ended(1, 2910, 10)
	if s := c.until(3000); len(s.Violations) != 0 || s.Breaches[check.NoStall] != 1 {
		t.Errorf("found %v, %v", s.Violations, s.Breaches)
	}
}

// One that is killed while it is frozen tells nothing.
func TestJudgeKnowsOfAStallThatEndsInDeath(t *testing.T) {
	c := two(t, 2200)
	c.at(1, 900, line{K: kTick})
	c.lost(c.procs[1], c.start+2500*time.Millisecond)
	delete(c.files, 1)
	if s := c.until(3000); len(s.Violations) != 0 || s.Breaches[check.NoStall] != 1 {
		t.Errorf("found %v, %v", s.Violations, s.Breaches)
	}
}

// Work that drains for too long, and says so, and is frozen on top of that.
func TestJudgeKnowsOfAStallWithinALongDrain(t *testing.T) {
	c := two(t, 5000)
	c.at(1, 1300, line{K: kNoticed, Term: 10, Text: "expired"})
	c.at(1, 1301, line{K: kDrains, Term: 10, D: 2 * time.Second})
	c.at(1, 3000, line{K: kTick})
	c.at(1, 5500, line{K: kStalled, D: 2500 * time.Millisecond})
	c.at(1, 5501, line{K: kTold, Text: "overrun", Term: 10})
	c.ended(1, 5510, 10)
	if s := c.until(6000); len(s.Violations) != 0 || total(s.Breaches) != 1 {
		t.Errorf("found %v, %v", s.Violations, s.Breaches)
	}
}

func TestJudgeKnowsWhatARestartHasBroughtBack(t *testing.T) {
	first, second, unseen := recordOf("L", 10, 0, 1), recordOf("L", 10, 1, 1), recordOf("L", 10, 2, 1)
	for name, test := range map[string]struct {
		holds  *string
		faults int
		unseen int
	}{
		"everything":           {holds: &second},
		"nothing":              {faults: 1},
		"an older state":       {holds: &first, faults: 1},
		"a write nobody heard": {holds: &unseen, unseen: 1},
	} {
		c := newCourt(t)
		v := recordOf("V", 1, 0, 0)
		c.key(50, wrote, v)
		c.key(100, wrote, first)
		c.key(200, wrote, second)
		c.serverUp(test.holds, "restart")
		c.serverDown()
		s := c.until(300)
		if got := total(c.history.SoFar().Faults); got != test.faults || s.Unseen != test.unseen {
			t.Errorf("%s: %d changes behind everybody's back, %d unseen writes", name, got, s.Unseen)
		}
	}
}

// What replaces absence proves that the record was evicted.
func TestJudgeSeesAnEviction(t *testing.T) {
	for _, evicts := range []bool{true, false} {
		c := newCourt(t)
		c.join(1)
		c.evicts = evicts
		asked := recordOf("Q", 30, 0, 1)
		c.key(50, put, recordOf("V", 1, 0, 0))
		c.at(1, 100, line{K: kSent, Next: asked})
		c.key(101, wrote, asked+" 1700000000.5")
		if s := c.until(200); (len(s.Violations) == 0) != evicts {
			t.Errorf("an eviction is under way: %t; found %v", evicts, s.Violations)
		}
	}
}

func TestExcusesAreForWhatHasToHappenSoon(t *testing.T) {
	late := span{partServer, 10 * time.Second, 10*time.Second + tolerance}
	for _, test := range []struct {
		rule check.Rule
		at   time.Duration
		want bool
	}{
		{check.Liveness, 11 * time.Second, true},
		{check.Handover, 11 * time.Second, true},
		{check.Liveness, 20 * time.Second, false}, // long ago
		{check.Overlap, 11 * time.Second, false},
		{check.Trust, 11 * time.Second, false},
	} {
		y := newTally(testLease)
		y.calm = true
		y.held(late)
		if got := y.excuse(check.Violation{Rule: test.rule, At: test.at}); got != test.want {
			t.Errorf("%s at %v: excused %t", test.rule, test.at, got)
		}
	}
}
