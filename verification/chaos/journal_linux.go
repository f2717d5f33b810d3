package chaos

import (
	"context"
	"encoding/json"
	"os"
	"sync"
	"time"

	"example.com/incumbent/verification/sim/check"
)

// Kinds of lines in a journal. Each is an event of package check, but for tick.
const (
	kStarted   = "started"
	kCalled    = "called"
	kCancelled = "cancelled"
	kReturned  = "returned"
	kStopped   = "stopped"
	kSent      = "sent"
	kAnswered  = "answered"
	kLooked    = "looked"
	kAsks      = "asks"
	kAskedFor  = "asked for"
	kBegan     = "began"
	kElected   = "elected"
	kStepped   = "stepped"
	kNoticed   = "noticed"
	kDrains    = "drains"
	kRevoked   = "revoked"
	kEnded     = "ended"
	kBelieved  = "believed"
	kTold      = "told"
	kBacked    = "backed"
	kFenced    = "fenced"
	kStalled   = "stalled" // from At, for D; a tick, too
	kTick      = "tick"    // all that happened before At is written
)

// line is one line of a journal. Fields that a kind does not use are left out.
type line struct {
	T        time.Duration   `json:"t"` // monotonic clock
	K        string          `json:"k"`
	Term     int64           `json:"term,omitempty"`
	D        time.Duration   `json:"d,omitempty"`
	At       time.Duration   `json:"at,omitempty"` // monotonic clock
	Text     string          `json:"text,omitempty"`
	Reason   string          `json:"reason,omitempty"`
	Expect   *string         `json:"expect,omitempty"` // nil: absent
	Next     string          `json:"next,omitempty"`
	Got      *string         `json:"got,omitempty"` // nil: absent
	OK       bool            `json:"ok,omitempty"`
	Settings *check.Settings `json:"settings,omitempty"`

	begun time.Duration // if set, D is from then to T
}

// journal is a file that a process only ever appends to. Each line is one write, so
// that it is complete or absent, however the process ends.
type journal struct {
	mu    sync.Mutex
	file  *os.File
	count int // of lines that are no ticks
}

func openJournal(path string) (*journal, error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &journal{file: f}, nil
}

// add stamps a line and writes it.
func (j *journal) add(l line) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.addLocked(l)
}

func (j *journal) addLocked(l line) {
	l.T = monotonic()
	if l.begun != 0 { // here, or a stall in between would look like one before
		l.D = l.T - l.begun
	}
	if l.K != kTick && l.K != kStalled {
		j.count++
	}
	text, err := json.Marshal(l)
	if err != nil {
		panic(err) // a line can be marshalled
	}
	if _, err := j.file.Write(append(text, '\n')); err != nil {
		panic(err) // a journal with a hole proves nothing
	}
}

// lines is how many lines have been written, ticks left out.
func (j *journal) lines() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.count
}

// addUnless writes a line unless others were written since there were that many:
// then nobody could tell what came first.
func (j *journal) addUnless(since int, begun time.Duration, l line) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.count != since {
		return
	}
	l.begun = begun
	j.addLocked(l)
}

// watch notes, until ctx ends, when this process did not get to run.
func (j *journal) watch(ctx context.Context) {
	watch(ctx,
		func(from, to time.Duration) { j.add(line{K: kStalled, At: from, D: to - from}) },
		func(at time.Duration) { j.add(line{K: kTick, At: at}) })
}
