package sim

import (
	"context"
	"fmt"
	"strings"
	"time"

	mini "github.com/alicebob/miniredis/v2/server"

	"example.com/incumbent/internal/link"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/verification/sim/check"
)

func clientName(p *process) string { return fmt.Sprint("p", p.n) }

// serve is called before every command, also before one that a script calls;
// then the server holds its lock.
func (s *server) serve(peer *mini.Peer, cmd string, args ...string) bool {
	switch {
	case cmd == "SET":
		s.wrote(args[1])
	case cmd == "PUBLISH" && args[0] == channel:
		s.w.history.Add(0, check.Pushed{Now: s.w.history.State(true, args[1])})
	case cmd == "HSET":
		s.kept(args[1], args[2])
	case strings.HasPrefix(cmd, "EVAL"):
		return s.called(peer, cmd, args)
	}
	return false
}

// client is the process whose connection it is; nil if it is nobody's.
func (s *server) client(peer *mini.Peer) *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clients[peer.ClientName]
}

// called is told of a call of a script. It reports whether it has answered it.
func (s *server) called(peer *mini.Peer, cmd string, args []string) bool {
	if answer := s.refused(); answer != "" {
		peer.WriteError(answer)
		return true
	}
	p := s.client(peer)
	if p == nil {
		return false
	}
	words := append([]string{cmd}, args...)
	s.w.books.request(words)
	for _, q := range s.w.swaps(words) {
		f := s.w.fate(p, operation(q.Expect, q.Next))
		s.meet(p, f, words)
		if f.drop {
			peer.WriteError("never arrived") // whoever sent it does not hear that
			return true
		}
	}
	return false
}

func (s *server) refused() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refusal
}

func (s *server) wrote(bytes string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = register.Contents{Present: true, Bytes: bytes}
	s.history.add(s.now)
	s.w.history.Add(0, check.Wrote{Now: s.w.history.State(true, bytes)})
}

// kept is told that an entry of the ledger is written.
func (s *server) kept(job, entry string) {
	record, _ := s.contents()
	s.w.books.wrote(job, entry, record)
}

// meet lets a request meet its fate. It may sleep: then that request is late, and
// no other.
func (s *server) meet(p *process, f fate, words []string) {
	f.atOnce.call()
	if f.hold > 0 {
		time.Sleep(s.w.slots.after(f.hold, p.n, inHold))
	}
	f.before.call()
	switch {
	case f.silent:
		s.w.swallowing(p, 2*p.settings.lease, link.ToClient)()
	case f.lose:
		p.net.commands.LoseReplies(1)
	}
	if f.double > 0 {
		s.w.after(f.double, p.n, inHold, func() { s.again(words) })
	}
	if f.after != nil {
		s.w.after(time.Microsecond, p.n, inHold, f.after)
	}
}

// again executes a request once more, as if a copy of it had come late.
func (s *server) again(words []string) {
	call := make([]any, len(words))
	for i, w := range words {
		call[i] = w
	}
	_ = s.admin.Do(context.Background(), call...).Err() // nobody waits for the answer
}

func (s *server) contents() (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now.Bytes, s.now.Present
}

func (s *server) put(bytes, how string) {
	s.change(register.Contents{Present: true, Bytes: bytes})
	s.w.history.Add(0, check.Put{How: how, Now: s.w.history.State(true, bytes)})
}

func (s *server) drop(how string) {
	s.change(register.Contents{})
	s.w.history.Add(0, check.Forgot{How: how})
}

// change changes the key behind everybody's back. The world lets nothing else
// happen at this instant.
func (s *server) change(c register.Contents) {
	if c.Present {
		_ = s.stub.Mini.Set(key, c.Bytes) // fails only on a key of another type
	} else {
		s.stub.Mini.FlushAll()
		s.w.books.lose()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = c
	s.history.add(c)
}

func (s *server) refuse(answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusal = answer
}

func (s *server) past(ago time.Duration) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.history.at(time.Now().Add(-ago))
	return c.Bytes, c.Present
}

func (s *server) publish(bytes string) { s.stub.Mini.Publish(channel, bytes) }

func (s *server) forgetScripts() {
	_ = s.admin.ScriptFlush(context.Background()).Err() // its network has no faults
}

func (s *server) close() {}
