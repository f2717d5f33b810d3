package explore

import (
	"sync"
	"sync/atomic"
)

const segmentStates = 1 << 12

// segment holds encoded states of one level that are still to be expanded.
type segment struct {
	states []byte // each of the search's width
	ids    []stateID
}

// segments lends segments and takes them back, so that a level's memory serves
// the next but one.
type segments struct {
	mu    sync.Mutex
	free  []*segment
	width int
	bytes *atomic.Int64
}

func (p *segments) get() *segment {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		seg := p.free[n-1]
		p.free = p.free[:n-1]
		return seg
	}
	p.bytes.Add(int64(segmentStates * (p.width + 4)))
	return &segment{
		states: make([]byte, 0, segmentStates*p.width),
		ids:    make([]stateID, 0, segmentStates),
	}
}

func (p *segments) put(seg *segment) {
	seg.states, seg.ids = seg.states[:0], seg.ids[:0]
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, seg)
}

// A level is the states of one depth.
type level []*segment

// add appends a state to the level, whose last segment is the one being filled.
func (l level) add(from *segments, state []byte, id stateID) level {
	if len(l) == 0 || len(l[len(l)-1].ids) == segmentStates {
		l = append(l, from.get())
	}
	last := l[len(l)-1]
	last.states = append(last.states, state...)
	last.ids = append(last.ids, id)
	return l
}
