package chaos

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// fenceConfig is all that the resource is told at its start.
type fenceConfig struct {
	Socket  string
	Journal string
}

// fence is a resource that compares terms, in a process of its own.
type fence struct {
	journal *journal

	mu      sync.Mutex
	highest int64
}

// run serves until the parent is gone.
func (cfg *fenceConfig) run() error {
	j, err := openJournal(cfg.Journal)
	if err != nil {
		return err
	}
	f := &fence{journal: j}
	l, err := net.Listen("unix", cfg.Socket)
	if err != nil {
		return err
	}
	go j.watch(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go f.serve(c)
	}
}

// serve answers each number and term with the number, and 1 or 0.
func (f *fence) serve(c net.Conn) {
	defer c.Close()
	for {
		var number, term int64
		if _, err := fmt.Fscanln(c, &number, &term); err != nil {
			return
		}
		if _, err := fmt.Fprintln(c, number, f.write(term)); err != nil {
			return
		}
	}
}

func (f *fence) write(term int64) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	accepted := term >= f.highest
	f.highest = max(f.highest, term)
	f.journal.add(line{K: kFenced, Term: term, OK: accepted})
	if accepted {
		return 1
	}
	return 0
}

// writePatience is how long a write to the resource is waited for. It may arrive
// later than that.
const writePatience = 50 * time.Millisecond

// fenceClient writes to the resource. It belongs to one goroutine.
type fenceClient struct {
	conn    net.Conn
	answers *bufio.Reader
	writes  int64
}

func dialFence(socket string) (*fenceClient, error) {
	c, err := net.Dial("unix", socket)
	if err != nil {
		return nil, err
	}
	return &fenceClient{conn: c, answers: bufio.NewReader(c)}, nil
}

// write writes and waits for the answer, but not for long: if the machine is busy,
// the resource is late, and work has to end in time. What the answer is does not
// matter: the context says when work is over.
func (f *fenceClient) write(term int64) error {
	f.writes++
	if err := f.conn.SetReadDeadline(time.Now().Add(writePatience)); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(f.conn, f.writes, term); err != nil {
		return err
	}
	for number := int64(0); number < f.writes; {
		answer, err := f.answers.ReadString('\n')
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err != nil {
			return err
		}
		_, _ = fmt.Sscan(answer, &number) // what was cut off counts for nothing
	}
	return nil
}
