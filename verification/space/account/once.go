package account

import "time"

// Result is told of what a call that began then got for a key that shall be done once: all
// get the same, unless Redis loses the results.
func (b *Book) Result(key, result string, began time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts.Results++
	first, known := b.once[key]
	switch {
	case !began.After(b.lost):
	case !known:
		b.once[key] = result
	case first != result:
		b.breaks(Doubled, "%s: %s, and %s before", key, result, first)
	}
}

// Do is told that a process does what shall be done once, in a call that began then. Again says that it would also do it
// after one that died in the middle.
func (b *Book) Do(process int, key string, again bool, began time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.note("p%d does %s", process, key)
	if b.doubt[key] && !again {
		b.breaks(Doubtful, "p%d does %s", process, key)
	}
	delete(b.doubt, key)
	if began.After(b.lost) { // else what Redis knew of it may be lost
		b.doing[key] = process
	}
}

// Done is told that it has returned, well or not.
func (b *Book) Done(process int, key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.doing[key] == process {
		delete(b.doing, key)
	}
}
