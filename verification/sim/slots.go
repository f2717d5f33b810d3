package sim

import (
	"runtime"
	"sync"
	"time"
)

// slots hands out instants, each only once. A run repeats exactly only if no two
// waits end together, and if it does not matter which of two goroutines asks
// first: so the last digits of an instant say who waits, by process and by place.
type slots struct {
	mu    sync.Mutex
	taken map[int64]struct{}
}

const (
	lanes = 32            // processes that are told apart
	sites = 256           // places that are told apart within one
	cycle = lanes * sites // nanoseconds until it is somebody's turn again
)

// A site is a place where a process waits.
type site uint64

// The simulation's own places come first, then those of connections, then those
// of packets and of the library's functions, which are told apart by hashes.
const (
	inWorld site = iota
	inPause
	inNap
	inWrite
	inHold
	inGossip
	inOften
	inLate
	connections site = 16
	hashed      site = 128
)

// siteOf is the site of what has that hash.
func siteOf(hash uint64) site { return hashed + site(hash)%(sites-hashed) }

// after is d, and up to a cycle more.
func (s *slots) after(d time.Duration, proc int, at site) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now().UnixNano()
	end := now + int64(max(d, 1))
	turn := int64(proc%lanes)*sites + int64(at)
	end += (turn - end%cycle + cycle) % cycle
	for s.isTaken(end) {
		end += cycle
	}
	s.taken[end] = struct{}{}
	if len(s.taken) > 1<<13 {
		s.forget(now)
	}
	return time.Duration(end - now)
}

func (s *slots) isTaken(at int64) bool {
	_, taken := s.taken[at]
	return taken
}

func (s *slots) forget(before int64) {
	for at := range s.taken {
		if at < before {
			delete(s.taken, at)
		}
	}
}

// callers remembers the hashes of functions' names.
type callers struct {
	mu    sync.Mutex
	known map[[2]uintptr]uint64
}

// hash is that of the names of the function that called the caller's caller, and
// of the one that called that: the same in every build.
func (c *callers) hash() uint64 {
	var pcs [2]uintptr
	runtime.Callers(3, pcs[:])
	c.mu.Lock()
	defer c.mu.Unlock()
	h, known := c.known[pcs]
	if !known {
		names := ""
		for frames, more := runtime.CallersFrames(pcs[:]), true; more; {
			var f runtime.Frame
			f, more = frames.Next()
			names += f.Function + "\n"
		}
		h = hash(names)
		c.known[pcs] = h
	}
	return h
}
