package run

import (
	"fmt"
	"strconv"
	"strings"

	"example.com/incumbent/benchmarks/internal/cell"
	"example.com/incumbent/benchmarks/internal/peer"
)

// Selection is what is measured of what.
type Selection struct {
	Systems []peer.System
	Figures []cell.Figure
}

// Select reads what the flag -only takes: names of systems and figures, with a
// comma between. A figure may name one size: handover=10. No system means all of
// them, and no figure as well. A quick selection has fewer sizes where none is
// named.
func Select(only string, quick bool) (Selection, error) {
	var s Selection
	for word := range strings.FieldsFuncSeq(only, func(r rune) bool { return r == ',' || r == ' ' }) {
		if err := s.add(word, quick); err != nil {
			return s, err
		}
	}
	if len(s.Systems) == 0 {
		s.Systems = peer.All()
	}
	if len(s.Figures) == 0 {
		s.Figures = cell.Figures()
		for i := range s.Figures {
			narrow(&s.Figures[i], quick)
		}
	}
	return s, nil
}

func (s *Selection) add(word string, quick bool) error {
	if system, err := peer.Find(word); err == nil {
		s.Systems = append(s.Systems, system)
		return nil
	}
	name, size, sized := strings.Cut(word, "=")
	figure, err := cell.FindFigure(name)
	if err != nil {
		return fmt.Errorf("-only: %q is neither a system (%s) nor a figure (%s)", word, systems(), figures())
	}
	narrow(&figure, quick)
	if sized {
		n, err := strconv.Atoi(size)
		if err != nil || n < 1 {
			return fmt.Errorf("-only: %q: a size is a number above 0, as in handover=10", word)
		}
		figure.Sizes = []int{n}
	}
	s.Figures = append(s.Figures, figure)
	return nil
}

func narrow(f *cell.Figure, quick bool) {
	if quick {
		f.Sizes = f.Quick
	}
}

func systems() string {
	var names []string
	for _, s := range peer.All() {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}

func figures() string {
	var names []string
	for _, f := range cell.Figures() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}
