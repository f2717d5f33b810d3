//go:build unix

package redistest

import "syscall"

// Stop freezes the server's process: connections stay open, and nothing is
// answered until [Server.Cont].
func (s *Server) Stop() { s.signal(syscall.SIGSTOP) }

// Cont lets a stopped server go on where it was.
func (s *Server) Cont() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) {
	s.tb.Helper()
	if err := s.process.Signal(sig); err != nil {
		s.tb.Fatalf("redistest: signal %v to the server: %v", sig, err)
	}
}
