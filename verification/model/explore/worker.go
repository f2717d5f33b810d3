package explore

// worker expands segments of the current level.
type worker[S any] struct {
	*search[S]
	buf   []byte
	out   level
	from  stateID
	hash  uint64
	added int64
	edges int64
}

func newWorker[S any](s *search[S]) *worker[S] {
	return &worker[S]{search: s, buf: make([]byte, s.width)}
}

// run takes segments until none is left or the search stops.
func (w *worker[S]) run() {
	for w.stopped.Load() == nil {
		i := w.taken.Add(1) - 1
		if i >= int64(len(w.current)) {
			break
		}
		seg := w.current[i]
		w.expand(seg)
		w.pool.put(seg)
		w.states.Add(w.added)
		w.search.edges.Add(w.edges)
		w.added, w.edges = 0, 0
		w.limits()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next = append(w.next, w.out...)
}

func (w *worker[S]) expand(seg *segment) {
	yield := w.visit // bound once: a method value is an allocation
	for i, id := range seg.ids {
		code := seg.states[i*w.width : (i+1)*w.width]
		w.from, w.hash = id, hash(code)
		state := w.sys.Decode(code[:w.sys.Width()])
		if b := w.sys.Check(&state); b != 0 {
			w.report(fault{b, id, w.hash})
		}
		w.sys.Steps(&state, yield)
	}
}

// visit is called with every successor.
func (w *worker[S]) visit(next *S, _ Step, broken Broken) {
	w.edges++
	if broken != 0 {
		w.report(fault{broken, w.from, w.hash})
		return
	}
	w.sys.Encode(w.buf[:w.sys.Width()], next)
	id, isNew := w.table.add(hash(w.buf), w.from)
	if !isNew {
		return
	}
	w.added++
	w.out = w.out.add(&w.pool, w.buf, id)
}
