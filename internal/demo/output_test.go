package demo

import (
	"io"
	"io/fs"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func newOutput(json bool, names map[string]string) (o *output, stdout, stderr *screen) {
	stdout, stderr = &screen{}, &screen{}
	return &output{json: json, stdout: stdout, stderr: stderr, names: names}, stdout, stderr
}

// full is a line with everything in it.
func full() Line {
	gap, hits, age := 1.1, 0, int64(0)
	return Line{
		Event: "x", Candidate: "host-1-ab-A", Election: "e", Term: 1763692801004, Cause: "lost", Leader: "l",
		GapMS: &gap, Seq: 2, Hits: &hits, Misses: 3, AgeMS: &age, By: "b", Error: `"oh"`,
	}
}

func TestJSON(t *testing.T) {
	for want, line := range map[string]Line{
		`"event":"started","candidate":"c","election":"e"}`: {Event: "started", Candidate: "c", Election: "e"},
		`"event":"x","candidate":"host-1-ab-A","election":"e","term":1763692801004,"cause":"lost","leader":"l","gap_ms":1.1,` +
			`"seq":2,"hits":0,"misses":3,"age_ms":0,"by":"b","error":"\"oh\""}`: full(),
	} {
		o, stdout, stderr := newOutput(true, nil)
		o.tell(line, "for people")
		got := stdout.String()
		at, rest, _ := strings.Cut(strings.TrimPrefix(got, `{"time":"`), `",`)
		if rest != want+"\n" {
			t.Errorf("got  %s\nwant %s", rest, want)
		}
		if when, err := time.Parse(time.RFC3339Nano, at); err != nil || !strings.HasSuffix(at, "Z") || time.Since(when).Abs() > time.Minute {
			t.Errorf("time %q, %v", at, err)
		}
		if stderr.String() != "" {
			t.Errorf("on stderr: %s", stderr)
		}
	}
}

func TestLinesForPeople(t *testing.T) {
	ours := map[string]string{"host-1-ab-A": "A"}
	for _, c := range []struct {
		line  Line
		names map[string]string
		want  string
	}{
		{Line{Event: "elected", Candidate: "host-1-ab-A", Term: 7}, ours, "A  elected   term 7   text"},
		{Line{Event: "tick", Candidate: "host-1-ab-A", Term: 7, Seq: 3}, ours, "A  tick #3   term 7   text"},
		{Line{Event: "stopped", Candidate: "alone"}, map[string]string{"alone": ""}, "stopped   text"},
	} {
		o, stdout, _ := newOutput(false, c.names)
		o.tell(c.line, "text")
		if !regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d\d\d  ` + regexp.QuoteMeta(c.want) + "\n$").MatchString(stdout.String()) {
			t.Errorf("got %q, want %q", stdout, c.want)
		}
	}
}

// What is not an event goes to people: beside the events, or with -json where it
// does not disturb.
func TestRemarks(t *testing.T) {
	for _, json := range []bool{false, true} {
		o, stdout, stderr := newOutput(json, map[string]string{"a": "A"})
		o.say("", "banner")
		o.say("a", "remark")
		o.warn("a", "warning")
		said, warned := stdout, stderr
		if json {
			said = stderr
		}
		if !strings.HasPrefix(said.String(), "banner\n") || !strings.Contains(said.String(), "  A  remark\n") {
			t.Errorf("json %t: %s", json, said)
		}
		if !strings.HasSuffix(warned.String(), "  A  warning\n") {
			t.Errorf("json %t: %s", json, warned)
		}
	}
}

// A line is written at once, so that no other can get in between.
func TestOneWriteALine(t *testing.T) {
	for _, json := range []bool{false, true} {
		o, stdout, _ := newOutput(json, nil)
		var writers sync.WaitGroup
		for range 50 {
			writers.Go(func() { o.tell(full(), "text") })
		}
		writers.Wait()
		if len(stdout.writes) != 50 {
			t.Fatalf("%d writes, want 50", len(stdout.writes))
		}
		for _, w := range stdout.writes {
			if strings.Count(w, "\n") != 1 || !strings.HasSuffix(w, "\n") {
				t.Errorf("no line: %q", w)
			}
		}
	}
}

func TestDurationsForPeople(t *testing.T) {
	for d, want := range map[time.Duration]string{
		1100 * time.Microsecond: "1.1 ms",
		999 * time.Millisecond:  "999.0 ms",
		2540 * time.Millisecond: "2.5s",
		31 * time.Hour:          "31h0m0s",
	} {
		if got := milliseconds(d); got != want {
			t.Errorf("%v is shown as %q, want %q", d, got, want)
		}
	}
}

// gone is a writer that nobody reads.
type gone struct{}

func (gone) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}
}

func TestUnreadOutput(t *testing.T) {
	for name, c := range map[string]struct {
		stdout, stderr io.Writer
		want           int
	}{
		"stdout": {gone{}, &screen{}, 2},
		"stderr": {&screen{}, gone{}, 0},
	} {
		told := 0
		o := &output{stdout: c.stdout, stderr: c.stderr, unread: func() { told++ }}
		o.say("", "text")
		o.warn("", "text")
		o.tell(Line{Event: "x"}, "")
		if told != c.want {
			t.Errorf("%s: told %d times, want %d", name, told, c.want)
		}
	}
}
