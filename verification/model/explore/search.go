package explore

import (
	"sync"
	"sync/atomic"
	"time"
)

// A System is what can be explored. All its methods may be called from several
// goroutines at once.
type System[S any] interface {
	// Init returns the first state.
	Init() S
	// Steps calls yield with every state that one step leads to, always in the
	// same order. A step that breaks an invariant says which. The state passed to
	// yield is only borrowed.
	Steps(s *S, yield func(next *S, step Step, broken Broken))
	// Check looks at one state by itself.
	Check(s *S) Broken
	// Width is the number of bytes of an encoded state.
	Width() int
	// Encode fills Width bytes. States that behave alike may be encoded alike.
	Encode(dst []byte, s *S)
	// Decode returns a state that is encoded as these bytes.
	Decode(src []byte) S
}

// A Step names what happens between two states, in numbers that the system can
// put into words.
type Step struct {
	Kind uint8
	Who  int8
	Arg  int8
}

// Broken numbers the invariant that does not hold. Zero is none.
type Broken uint8

// Options bound a search. Zero means no bound, and one worker.
type Options struct {
	Workers   int
	MaxMemory int64 // bytes of the visited set and of the two levels at work
	MaxStates int64
	MaxDepth  int
}

// Result is what a search found.
type Result[S any] struct {
	States  int64
	Edges   int64
	Depth   int // levels reached
	Memory  int64
	Elapsed time.Duration
	// Stopped says which limit ended the search. Empty: nothing was left out.
	Stopped string
	Broken  Broken
	Trace   []Frame[S] // a shortest one, if Broken
}

// Frame is one step of a trace, with the states around it.
type Frame[S any] struct {
	Step          Step
	Before, After S
}

// search is one run.
type search[S any] struct {
	sys     System[S]
	opt     Options
	width   int
	bytes   atomic.Int64
	states  atomic.Int64
	edges   atomic.Int64
	stopped atomic.Pointer[string]
	table   *table
	pool    segments
	current level
	taken   atomic.Int64 // segments of the current level that workers took

	mu    sync.Mutex
	next  level
	found fault
}

// fault is a state out of which, or in which, an invariant is broken.
type fault struct {
	broken Broken
	at     stateID
	hash   uint64
}

// Run explores the system until an invariant breaks, a limit is reached or
// nothing is left. A level is always finished, so that the counts do not depend
// on the number of workers.
func Run[S any](sys System[S], opt Options) Result[S] {
	begin := time.Now()
	s := &search[S]{sys: sys, opt: opt, width: padded(sys.Width())}
	s.pool = segments{width: s.width, bytes: &s.bytes}
	s.table = newTable(&s.bytes)
	depth := s.run()
	res := Result[S]{
		States: s.states.Load(), Edges: s.edges.Load(), Depth: depth,
		Memory: s.bytes.Load(), Broken: s.found.broken,
	}
	if why := s.stopped.Load(); why != nil {
		res.Stopped = *why
	}
	if s.found.broken != 0 {
		res.Trace = s.trace(s.table.path(s.found.at))
	}
	res.Elapsed = time.Since(begin)
	return res
}

// run goes level by level and returns the depth of the last one.
func (s *search[S]) run() (depth int) {
	first := s.sys.Init()
	buf := make([]byte, s.width)
	s.sys.Encode(buf[:s.sys.Width()], &first)
	id, _ := s.table.add(hash(buf), noState)
	s.states.Store(1)
	s.current = level(nil).add(&s.pool, buf, id)
	for ; len(s.current) > 0; depth++ {
		if s.opt.MaxDepth > 0 && depth == s.opt.MaxDepth {
			s.stop("the depth limit")
		}
		if s.stopped.Load() != nil || s.found.broken != 0 {
			break
		}
		s.level()
	}
	return depth
}

// level expands the current level into the next.
func (s *search[S]) level() {
	s.taken.Store(0)
	s.next = nil
	var workers sync.WaitGroup
	for range max(1, s.opt.Workers) {
		workers.Go(func() { newWorker(s).run() })
	}
	workers.Wait()
	s.current = s.next
}

// stop ends the search; the first reason given stays.
func (s *search[S]) stop(why string) { s.stopped.CompareAndSwap(nil, &why) }

// limits stops the search where it has grown out of its bounds.
func (s *search[S]) limits() {
	if s.opt.MaxMemory > 0 && s.bytes.Load() > s.opt.MaxMemory {
		s.stop("the memory limit")
	}
	if s.opt.MaxStates > 0 && s.states.Load() >= s.opt.MaxStates {
		s.stop("the limit of states")
	}
}

// report keeps the fault of the smallest hash, whichever worker found it first.
func (s *search[S]) report(f fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.found.broken == 0 || f.hash < s.found.hash {
		s.found = f
	}
}
