package fresh

import (
	"testing"
	"time"
)

// FuzzParse: what parses is written as it was read, and fits beside the largest value.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`1 1796000000000 1795000000000 1795999999000 "token"`, "1 0 1 0 ", "1 0 1 0 a b  c", `1 01 1 0 x`, "1 0 0 0 x", "2 0 1 0 x",
		"1 +1 1 0 x", "1 0 1", "", "1 99999999999999999999 1 1 x", "1 9223372036854775807 9223372036854775807 9223372036854775807 x",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, value, err := parse(text)
		if err != nil {
			return
		}
		if got := h.String() + value; got != text || len(h.String()) > 64 {
			t.Errorf("%q became %q", text, got)
		}
		if p := h.period(0); p <= 0 || p > longest {
			t.Errorf("period %v", p)
		}
		if c := newHeld(h, nil, answer{server: h.made}, 0, 1); c.left < 0 {
			t.Errorf("%+v", c)
		}
	})
}

func TestForm(t *testing.T) {
	h := head{expires: 1796000000000, term: 7, made: 1795999940000}
	if got := h.String(); got != "1 1796000000000 7 1795999940000 " {
		t.Errorf("%q", got)
	}
	for _, text := range []string{"", "1", "1 2 3 4", "1 -2 3 4 x", "1 2 -3 4 x", "1 2 0 4 x", "1 2 3 -4 x", "1 02 3 4 x", "1  2 3 4 x", "3 2 3 4 x", "1 2 3 4x x"} {
		if _, _, err := parse(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

// A value is newer by its term, and within a term by when it was made.
func TestOrder(t *testing.T) {
	values := []head{{term: 1, made: 5}, {term: 1, made: 6}, {term: 2, made: 3}, {term: 10, made: 1}}
	for i, a := range values {
		for j, b := range values {
			if a.after(b) != (i > j) {
				t.Errorf("%+v after %+v: %v", a, b, a.after(b))
			}
		}
	}
}

func TestPlan(t *testing.T) {
	for name, c := range map[string]struct {
		plan plan
		now  time.Duration
		want step
		wait time.Duration
	}{
		"begin":                         {plan{}, 0, look, 0},
		"after trouble":                 {plan{retryAt: 5, inHand: true}, 3, rest, 2},
		"in hand":                       {plan{lookAt: 1, dueAt: 9, inHand: true}, 3, write, 0},
		"in hand, and the next is due":  {plan{lookAt: 1, dueAt: 9, inHand: true}, 9, renew, 0},
		"time to look":                  {plan{lookAt: 3, dueAt: 9}, 3, look, 0},
		"due, and time to look":         {plan{lookAt: 3, dueAt: 3}, 3, renew, 0},
		"nothing until the look":        {plan{lookAt: 5, dueAt: 9}, 3, rest, 2},
		"nothing until the next is due": {plan{lookAt: 9, dueAt: 5}, 3, rest, 2},
	} {
		if got, wait := c.plan.next(c.now); got != c.want || wait != c.wait {
			t.Errorf("%s: %v, %v; want %v, %v", name, got, wait, c.want, c.wait)
		}
	}
}

func TestBound(t *testing.T) {
	for left, want := range map[time.Duration]time.Duration{
		0: time.Minute, -1: time.Minute, time.Hour: time.Minute, 20 * time.Second: 10 * time.Second, time.Second: time.Second,
	} {
		if got := bound(left); got != want {
			t.Errorf("%v left: %v, want %v", left, got, want)
		}
	}
}
