package chaos

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// How long ago something began is told as of the line's own time stamp: a process
// that stalls between the two has not done it later.
func TestALineTellsWhenItBegan(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	begun := monotonic()
	j.mu.Lock()
	written := make(chan struct{})
	go func() {
		defer close(written)
		j.add(line{K: kStepped, begun: begun})
	}()
	for monotonic()-begun < 20*time.Millisecond { // the writer waits meanwhile
	}
	j.mu.Unlock()
	<-written
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		t.Fatal(err)
	}
	if l.T-l.D != begun || l.D < 20*time.Millisecond {
		t.Errorf("%+v: began at %v, want %v", l, l.T-l.D, begun)
	}
	if err := j.file.Close(); err != nil {
		t.Fatal(err)
	}
}
