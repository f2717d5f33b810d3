package check

// What runs on a real machine need beside a simulation's: their history is told
// later than it happened, and the machine itself may be late.

// Excuse has every violation shown before it is noted. Those for which the function
// returns true are left out: it knows of something that the history can't show. Call
// it before the first entry.
func (h *History) Excuse(excused func(Violation) bool) { h.checker.excused = excused }

// SendsAreLate says that sends are noted where they reach the network. The library
// counts from when it began to, which may be a dial and some tries in vain earlier,
// so terms that end early are not judged. Call it before the first entry.
func (h *History) SendsAreLate() { h.checker.lateSends = true }

// SoFar returns what was found until now, without judging an end.
func (h *History) SoFar() Report {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.report()
}
