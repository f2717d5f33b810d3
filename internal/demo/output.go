package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"syscall"
	"time"

	"example.com/incumbent/election"
)

// A Line is one line of output, as -json prints it. What does not apply to an
// event is left out.
type Line struct {
	Time      time.Time     `json:"time"`
	Event     string        `json:"event"`
	Candidate string        `json:"candidate"`
	Election  string        `json:"election"`
	Term      election.Term `json:"term,omitzero"` // of this candidate's own
	Cause     string        `json:"cause,omitzero"`
	Leader    string        `json:"leader,omitzero"`
	GapMS     *float64      `json:"gap_ms,omitempty"`
	Seq       int           `json:"seq,omitzero"`
	Hits      *int          `json:"hits,omitempty"`
	Misses    int           `json:"misses,omitzero"`
	AgeMS     *int64        `json:"age_ms,omitempty"`
	By        string        `json:"by,omitzero"`
	Error     string        `json:"error,omitzero"`
}

// forPeople is a line in columns: what happened, in which term, and the rest.
func (l Line) forPeople(text string) string {
	what, term := l.Event, ""
	if l.Seq != 0 {
		what += fmt.Sprintf(" #%d", l.Seq)
	}
	if l.Term != 0 {
		term = fmt.Sprintf("term %d   ", l.Term)
	}
	return fmt.Sprintf("%-9s %s%s", what, term, text)
}

// output prints lines, each in one write, for people or as JSON. It is safe for
// concurrent use.
type output struct {
	json           bool
	stdout, stderr io.Writer
	unread         func()            // called when nobody reads stdout any more
	names          map[string]string // by ID: what people call the candidates of this process; immutable

	mu sync.Mutex // around every write
}

// tell prints an event: as JSON, or what of it is for people.
func (o *output) tell(l Line, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	l.Time = time.Now().UTC() // with the lock: times rise from line to line
	if !o.json {
		o.print(o.stdout, l.Candidate, l.forPeople(text))
		return
	}
	b, _ := json.Marshal(l) // cannot fail: there is nothing in a Line that JSON has no form for
	o.write(o.stdout, append(b, '\n'))
}

// say prints what is for people only: with -json on stderr.
func (o *output) say(candidate, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	w := o.stdout
	if o.json {
		w = o.stderr
	}
	o.print(w, candidate, text)
}

// warn prints on stderr.
func (o *output) warn(candidate, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.print(o.stderr, candidate, text)
}

// print writes a line for people. A candidate that is alone needs no name; a
// line about no candidate has no time either.
func (o *output) print(w io.Writer, candidate, text string) {
	line := text
	if candidate != "" {
		line = time.Now().Format("15:04:05.000  ")
		if name := o.names[candidate]; name != "" {
			line += name + "  "
		}
		line += text
	}
	o.write(w, []byte(strings.TrimRight(line, " ")+"\n"))
}

// write notices a reader of stdout that has gone, as in cache-refresh | head. Other
// failures have nobody to be told to.
func (o *output) write(w io.Writer, line []byte) {
	if _, err := w.Write(line); errors.Is(err, syscall.EPIPE) && w == o.stdout && o.unread != nil {
		o.unread()
	}
}

// name is what people call a candidate: a letter if it is one of ours.
func (o *output) name(id string) string {
	if n := o.names[id]; n != "" {
		return n
	}
	return id
}

// isOurs reports whether a candidate is one of this process.
func (o *output) isOurs(id string) bool {
	_, ok := o.names[id]
	return ok
}

// milliseconds shows short durations to people.
func milliseconds(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	}
	return tenths(d)
}

// tenths shows longer durations to people.
func tenths(d time.Duration) string { return d.Round(100 * time.Millisecond).String() }

// within is how quickly something happened.
func within(d time.Duration) string {
	if d < 100*time.Microsecond {
		return "at once"
	}
	return "in " + milliseconds(d)
}
