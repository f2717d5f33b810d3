package explore

import "slices"

// trace makes the steps again along the hashes, from the first state to the
// one at fault, and ends with the step that breaks the invariant, if it is a
// step that does. The states are the ones that follow from each other, not their
// canonical forms: a process keeps its name from the first line to the last.
func (s *search[S]) trace(hashes []uint64) []Frame[S] {
	var frames []Frame[S]
	at := s.sys.Init()
	for _, h := range hashes[1:] {
		frame, ok := s.step(at, func(next *S, broken Broken) bool {
			return broken == 0 && s.hashOf(next) == h
		})
		if !ok {
			panic("explore: the system's steps are not the same twice")
		}
		frames = append(frames, frame)
		at = frame.After
	}
	last, ok := s.step(at, func(_ *S, broken Broken) bool { return broken == s.found.broken })
	if ok {
		frames = append(frames, last)
	}
	return slices.Clip(frames)
}

// step returns the first step out of a state that is the wanted one.
func (s *search[S]) step(at S, wanted func(next *S, broken Broken) bool) (frame Frame[S], ok bool) {
	s.sys.Steps(&at, func(next *S, step Step, broken Broken) {
		if !ok && wanted(next, broken) {
			frame, ok = Frame[S]{step, at, *next}, true
		}
	})
	return frame, ok
}

func (s *search[S]) hashOf(state *S) uint64 {
	buf := make([]byte, s.width)
	s.sys.Encode(buf[:s.sys.Width()], state)
	return hash(buf)
}
