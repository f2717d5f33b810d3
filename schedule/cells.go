package schedule

// A cell is an entry of the ledger as it was seen last. It is parsed once; entries are not
// changed in place.
type cell struct {
	text  string
	entry *entry // nil: there is none, or it cannot be read
	err   error  // why it cannot be read
}

// read reads what stands in the ledger; an empty text is no entry.
func read(text string) cell {
	if text == "" {
		return cell{}
	}
	e, err := parseEntry(text)
	if err != nil {
		return cell{text: text, err: err}
	}
	return cell{text: text, entry: &e}
}

// entry is an entry of the ledger as last seen; nil if there is none.
func (r *runner) entry(name string) (*entry, error) {
	c := r.cells[name]
	if c.err != nil {
		return nil, r.store.foreign(name, c.err)
	}
	return c.entry, nil
}

// see takes in what an entry is. What was decided by another one, and not sent, is decided
// anew.
func (r *runner) see(name string, c cell) {
	if c.entry != nil {
		r.past.see(name, *c.entry)
		r.here[name] = true
	}
	if r.cells[name].text == c.text {
		return
	}
	if c.text == "" {
		delete(r.cells, name)
	} else {
		r.cells[name] = c
	}
	for _, s := range []*state{r.states[name], r.heirs[name]} {
		if s == nil {
			continue
		}
		s.wake = 0
		if s.task != nil && !s.task.sent {
			r.queue = without(r.queue, s.task)
			s.task = nil
		}
	}
}

func without(queue []*task, t *task) []*task {
	for i, q := range queue {
		if q == t {
			return append(queue[:i:i], queue[i+1:]...)
		}
	}
	return queue
}
