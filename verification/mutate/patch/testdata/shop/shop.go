// Package shop is what the tests patch.
package shop

type shelf struct {
	apples, pears int
	open          bool
}

type till struct{ sum int }

func (s *shelf) take(n, most int) bool {
	if n > most || n > s.apples { // not more than there are
		return false
	}
	s.apples -= n
	s.note(n, "apples",
		most)
	return true
}

func (s *shelf) note(n int, rest ...any) {
	switch {
	case n < 0 || len(rest) == 0:
		s.open = false
		s.pears = 0
	case n == 0:
		s.open = true
	}
	s.pears = 1 * (n - 1)
}

func (t *till) note(all ...any) {
	next := shelf{apples: 3, pears: t.sum}
	next.note(1, all)
	next.note(1, all...)
	next.note(2, next, next)
	next.note(3)
}

func alone() int { return 1 }
