package explore

import (
	"encoding/binary"
	"fmt"
	"testing"
)

// grid is a walk from one corner of a square to the other, by steps to the right
// and upwards, or in wrapped form round and round. The state's two halves are
// the coordinates.
type grid struct {
	side  uint32
	holes map[uint64]bool // states that are broken
	trap  uint64          // a state that Check finds
}

func at(x, y uint32) uint64 { return uint64(x)<<32 | uint64(y) }

func (g grid) Init() uint64 { return 0 }

func (g grid) Steps(s *uint64, yield func(*uint64, Step, Broken)) {
	x, y := uint32(*s>>32), uint32(*s)
	for kind, next := range []uint64{at(x+1, y), at(x, y+1)} {
		if uint32(next>>32) >= g.side || uint32(next) >= g.side {
			continue
		}
		var broken Broken
		if g.holes[next] {
			broken = 1
		}
		yield(&next, Step{Kind: uint8(kind)}, broken)
	}
}

func (g grid) Check(s *uint64) Broken {
	if g.trap != 0 && *s == g.trap {
		return 2
	}
	return 0
}

func (grid) Width() int { return 9 } // one more than it needs, so that there is something to pad

func (grid) Encode(dst []byte, s *uint64) { binary.BigEndian.PutUint64(dst, *s) }

func (grid) Decode(src []byte) uint64 { return binary.BigEndian.Uint64(src) }

func TestCountsEverything(t *testing.T) {
	for _, side := range []uint32{1, 2, 50, 300} {
		for workers := range 3 {
			r := Run[uint64](grid{side: side}, Options{Workers: workers})
			n := int64(side)
			if r.States != n*n || r.Edges != 2*n*(n-1) || r.Depth != int(2*n-1) || r.Stopped != "" {
				t.Errorf("side %d, %d workers: %+v", side, workers, r)
			}
		}
	}
}

func TestShortestTrace(t *testing.T) {
	r := Run[uint64](grid{side: 100, holes: map[uint64]bool{at(30, 4): true, at(20, 12): true}}, Options{})
	if r.Broken != 1 || len(r.Trace) != 32 {
		t.Fatalf("broke %d in %d steps, want 1 in 32", r.Broken, len(r.Trace))
	}
	last := uint64(0)
	for i, f := range r.Trace {
		if f.Before != last {
			t.Fatalf("step %d begins at %x, the one before it ended at %x", i, f.Before, last)
		}
		last = f.After
	}
	if last != at(20, 12) {
		t.Errorf("ended at %x", last)
	}
}

func TestTraceToState(t *testing.T) {
	r := Run[uint64](grid{side: 100, trap: at(3, 4)}, Options{})
	if r.Broken != 2 || len(r.Trace) != 7 || r.Trace[6].After != at(3, 4) {
		t.Errorf("broke %d: %+v", r.Broken, r.Trace)
	}
	if r := Run[uint64](grid{side: 100}, Options{}); r.Broken != 0 || r.Trace != nil {
		t.Errorf("broke %d: %+v", r.Broken, r.Trace)
	}
}

func TestLimits(t *testing.T) {
	for want, opt := range map[string]Options{
		"the depth limit":     {MaxDepth: 10},
		"the memory limit":    {MaxMemory: 1 << 10},
		"the limit of states": {MaxStates: 5000},
	} {
		r := Run[uint64](grid{side: 300}, opt)
		if r.Stopped != want || r.States >= 300*300 {
			t.Errorf("%+v: stopped by %q after %d states", opt, r.Stopped, r.States)
		}
	}
}

// TestMemory holds the accounting to what a state costs.
func TestMemory(t *testing.T) {
	r := Run[uint64](grid{side: 700}, Options{})
	if perState := r.Memory / r.States; perState < rowBytes || perState > 40 {
		t.Errorf("%d bytes a state", perState)
	}
}

// TestHash looks for the same hash among neighbours, which a weak mix would give.
func TestHash(t *testing.T) {
	seen := map[uint64]string{}
	for _, size := range []int{8, 16, 24} {
		for i := range uint64(30_000) {
			b := make([]byte, size)
			binary.LittleEndian.PutUint64(b[size-8:], i)
			binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)+i<<40)
			h, id := hash(b), fmt.Sprintf("%x", b)
			if other, ok := seen[h]; ok {
				t.Fatalf("%s and %s have the same hash", id, other)
			}
			seen[h] = id
		}
	}
}
