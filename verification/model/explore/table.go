package explore

import (
	"sync"
	"sync/atomic"
)

const (
	shardBits = 6
	shards    = 1 << shardBits
	chunkBits = 12
	chunkSize = 1 << chunkBits
	firstSize = 1 << 10 // slots of a shard's first index

	slotBytes = 4
	rowBytes  = 8 + 4
)

// A stateID numbers a visited state: its row in a shard, and the shard.
type stateID uint32

const noState = ^stateID(0)

// table is the set of visited states, with the state each was reached from.
type table struct {
	shards [shards]shard
	bytes  *atomic.Int64 // what the search holds altogether
}

// shard is the part of the table whose hashes end in the same bits. Rows are
// only ever appended, in chunks, so that growing copies nothing but the index.
type shard struct {
	mu      sync.Mutex
	rows    uint32
	hashes  [][]uint64
	parents [][]stateID
	index   []uint32 // row + 1, or 0
}

func newTable(bytes *atomic.Int64) *table {
	t := &table{bytes: bytes}
	for i := range t.shards {
		t.shards[i].index = make([]uint32, firstSize)
	}
	bytes.Add(shards * firstSize * slotBytes)
	return t
}

// add inserts a state unless it is known, and says whether it was new.
func (t *table) add(h uint64, parent stateID) (stateID, bool) {
	n := stateID(h & (shards - 1))
	s := &t.shards[n]
	s.mu.Lock()
	defer s.mu.Unlock()
	slot, found := s.find(h)
	if found {
		return 0, false
	}
	row := s.append(t, h, parent)
	s.index[slot] = row + 1
	if int(s.rows)*4 > len(s.index)*3 {
		s.grow(t)
	}
	return stateID(row)<<shardBits | n, true
}

// find returns the slot that holds the hash, or the free one where it belongs.
func (s *shard) find(h uint64) (slot int, found bool) {
	mask := len(s.index) - 1
	for slot = int(h>>shardBits) & mask; s.index[slot] != 0; slot = (slot + 1) & mask {
		if s.hash(s.index[slot]-1) == h {
			return slot, true
		}
	}
	return slot, false
}

func (s *shard) hash(row uint32) uint64 {
	return s.hashes[row>>chunkBits][row&(chunkSize-1)]
}

func (s *shard) append(t *table, h uint64, parent stateID) (row uint32) {
	row = s.rows
	if row&(chunkSize-1) == 0 {
		s.hashes = append(s.hashes, make([]uint64, chunkSize))
		s.parents = append(s.parents, make([]stateID, chunkSize))
		t.bytes.Add(chunkSize * rowBytes)
	}
	s.hashes[row>>chunkBits][row&(chunkSize-1)] = h
	s.parents[row>>chunkBits][row&(chunkSize-1)] = parent
	s.rows++
	return row
}

func (s *shard) grow(t *table) {
	size := 2 * len(s.index)
	t.bytes.Add(int64(size-len(s.index)) * slotBytes)
	s.index = nil // may be collected before its successor is made
	s.index = make([]uint32, size)
	for row := range s.rows {
		slot, _ := s.find(s.hash(row))
		s.index[slot] = row + 1
	}
}

// path returns the hashes of the states from the start to id.
func (t *table) path(id stateID) []uint64 {
	var back []uint64
	for id != noState {
		s := &t.shards[id&(shards-1)]
		row := uint32(id >> shardBits)
		back = append(back, s.hash(row))
		id = s.parents[row>>chunkBits][row&(chunkSize-1)]
	}
	for i, j := 0, len(back)-1; i < j; i, j = i+1, j-1 {
		back[i], back[j] = back[j], back[i]
	}
	return back
}
