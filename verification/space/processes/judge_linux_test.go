package processes

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// A work is what a process noted of one holding. The times are of CLOCK_MONOTONIC.
type work struct {
	process, name string
	seat          int
	term          int64
	begin, end    time.Duration
}

// A still is when a process stood still.
type still struct {
	process  string
	from, to time.Duration
}

// A history is all that the judge knows.
type history struct {
	seats        map[string]int // of each name
	lease, grace time.Duration
	works        []work
	stills       []still
}

// A verdict counts what breaks nothing, and names what does.
type verdict struct {
	beside     int // overlaps with a process that stood still: assumption A4
	late       int // works that such a process began when a later term was there already
	violations []string
}

// judge looks at each seat by itself: two works in one are more than there may be.
func (h *history) judge() verdict {
	var v verdict
	h.works = slices.Clone(h.works)
	slices.SortFunc(h.works, func(a, b work) int { return int(a.begin - b.begin) })
	type place struct {
		name string
		seat int
	}
	active, last := map[place][]work{}, map[place]work{}
	for _, w := range h.works {
		at := place{w.name, w.seat}
		if w.seat < 0 || w.seat >= h.seats[w.name] {
			v.violations = append(v.violations, fmt.Sprintf("no such seat: %+v", w))
		}
		active[at] = slices.DeleteFunc(active[at], func(a work) bool { return a.end <= w.begin })
		for _, a := range active[at] {
			h.overlap(&v, a, w)
		}
		active[at] = append(active[at], w)
		switch before, known := last[at]; {
		case !known || w.term > before.term:
			last[at] = w
		case w.term < before.term && h.excuses(w, w.begin, w.end):
			v.late++
		default:
			v.violations = append(v.violations, fmt.Sprintf("a term that does not rise: %+v after %+v", w, before))
		}
	}
	return v
}

func (h *history) overlap(v *verdict, a, b work) {
	from, to := b.begin, min(a.end, b.end)
	if h.excuses(a, from, to) || h.excuses(b, from, to) {
		v.beside++
		return
	}
	v.violations = append(v.violations, fmt.Sprintf("two at once for %v: %+v and %+v", to-from, a, b))
}

// excuses reports whether the work's process stood still for about a lease when the overlap
// began, and the overlap was over soon after. Its last beat may be older than the stop, so
// a tenth or two of the lease may be missing.
func (h *history) excuses(w work, from, to time.Duration) bool {
	return slices.ContainsFunc(h.stills, func(s still) bool {
		return s.process == w.process && from >= s.from+h.lease*7/10 && s.to-s.from >= h.lease*7/10 && to <= s.to+h.grace
	})
}

// goesBack returns the first term that is below one before it.
func goesBack(terms []int64) (term int64, found bool) {
	for i := 1; i < len(terms); i++ {
		if terms[i] < terms[i-1] {
			return terms[i], true
		}
	}
	return 0, false
}

func TestTheJudge(t *testing.T) {
	t.Parallel()
	const s = time.Second
	for name, c := range map[string]struct {
		works                    []work
		stills                   []still
		beside, late, violations int
	}{
		"one after the other": {works: []work{{"a", "x", 0, 1, 1 * s, 2 * s}, {"b", "x", 0, 2, 2 * s, 3 * s}}},
		"two at once":         {works: []work{{"a", "x", 0, 1, 1 * s, 3 * s}, {"b", "x", 0, 2, 2 * s, 4 * s}}, violations: 1},
		"two names":           {works: []work{{"a", "x", 0, 1, 1 * s, 3 * s}, {"b", "y", 0, 2, 2 * s, 4 * s}}},
		"two seats":           {works: []work{{"a", "two", 0, 1, 1 * s, 3 * s}, {"b", "two", 1, 2, 2 * s, 4 * s}}},
		"one seat twice":      {works: []work{{"a", "two", 1, 1, 1 * s, 3 * s}, {"b", "two", 1, 2, 2 * s, 4 * s}}, violations: 1},
		"a third seat":        {works: []work{{"a", "two", 2, 1, 1 * s, 3 * s}}, violations: 1},
		"a term twice":        {works: []work{{"a", "x", 0, 1, 1 * s, 2 * s}, {"b", "x", 0, 1, 2 * s, 3 * s}}, violations: 1},
		"a term goes back":    {works: []work{{"a", "x", 0, 2, 1 * s, 2 * s}, {"b", "x", 0, 1, 2 * s, 3 * s}}, violations: 1},
		"beside one that stood still": {
			works:  []work{{"a", "x", 0, 1, 1 * s, 6100 * time.Millisecond}, {"b", "x", 0, 2, 4 * s, 7 * s}},
			stills: []still{{"a", 2 * s, 6 * s}}, beside: 1,
		},
		"beside one that went on for too long": {
			works:  []work{{"a", "x", 0, 1, 1 * s, 7 * s}, {"b", "x", 0, 2, 4 * s, 8 * s}},
			stills: []still{{"a", 2 * s, 6 * s}}, violations: 1,
		},
		"got too early": {
			works:  []work{{"a", "x", 0, 1, 1 * s, 6 * s}, {"b", "x", 0, 2, 3 * s, 4 * s}},
			stills: []still{{"a", 2 * s, 6 * s}}, violations: 1,
		},
		"another stood still": {
			works:  []work{{"a", "x", 0, 1, 1 * s, 6 * s}, {"b", "x", 0, 2, 4 * s, 7 * s}},
			stills: []still{{"c", 2 * s, 6 * s}}, violations: 1,
		},
		"begun late": {
			works:  []work{{"b", "x", 0, 2, 4 * s, 5 * s}, {"a", "x", 0, 1, 6 * s, 6100 * time.Millisecond}},
			stills: []still{{"a", 2 * s, 6 * s}}, late: 1,
		},
	} {
		h := history{seats: map[string]int{"x": 1, "y": 1, "two": 2}, lease: 2 * s, grace: 400 * time.Millisecond, works: c.works, stills: c.stills}
		if v := h.judge(); v.beside != c.beside || v.late != c.late || len(v.violations) != c.violations {
			t.Errorf("%s: %+v", name, v)
		}
	}
	if _, found := goesBack([]int64{1, 1, 3}); found {
		t.Error("terms that rise go back")
	}
	if term, found := goesBack([]int64{1, 3, 2, 4}); !found || term != 2 {
		t.Error("a term that goes back is not seen", term)
	}
}
