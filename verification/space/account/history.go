package account

import "time"

// A Held is one work as its caller saw it: the lock was asked for, the work began, it ended, and
// the call returned. Durations are since the start; Returned is 0 if the process died.
type Held struct {
	Name                          string
	Seats                         int
	Asked, Begun, Ended, Returned time.Duration
}

// Returned notes that the call of a work that was asked for then has returned.
func (b *Book) Returned(w *Work, asked time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w.asked, w.returned = asked, time.Now()
}

// History is every work that has ended.
func (b *Book) History() []Held {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []Held
	for _, w := range b.all {
		if w.ended.IsZero() {
			continue
		}
		h := Held{Name: w.name, Seats: w.seats, Asked: w.begun.Sub(b.start), Begun: w.begun.Sub(b.start), Ended: w.ended.Sub(b.start)}
		if !w.returned.IsZero() {
			h.Asked, h.Returned = w.asked.Sub(b.start), w.returned.Sub(b.start)
		}
		all = append(all, h)
	}
	return all
}
