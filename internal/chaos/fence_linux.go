package chaos

import (
	"bufio"
	"context"
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
	go watch(context.Background(), func(d time.Duration) { j.add(line{K: kStalled, D: d}) }, func() { j.add(line{K: kTick}) })
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

// serve answers each term with 1 or 0.
func (f *fence) serve(c net.Conn) {
	defer c.Close()
	for {
		var term int64
		if _, err := fmt.Fscanln(c, &term); err != nil {
			return
		}
		if _, err := fmt.Fprintln(c, f.write(term)); err != nil {
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

// fenceClient writes to the resource. It belongs to one goroutine.
type fenceClient struct {
	conn    net.Conn
	answers *bufio.Reader
}

func dialFence(socket string) (*fenceClient, error) {
	c, err := net.Dial("unix", socket)
	if err != nil {
		return nil, err
	}
	return &fenceClient{c, bufio.NewReader(c)}, nil
}

// write returns whether the resource took the write.
func (f *fenceClient) write(term int64) (accepted bool, err error) {
	if _, err := fmt.Fprintln(f.conn, term); err != nil {
		return false, err
	}
	answer, err := f.answers.ReadString('\n')
	return answer == "1\n", err
}
