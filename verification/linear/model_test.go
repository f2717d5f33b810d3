package linear

import (
	"testing"
	"time"

	"example.com/incumbent/internal/register"
)

func held(bytes string) register.Contents { return register.Contents{Present: true, Bytes: bytes} }

// asked is a request with its call and return; 0 is never.
type asked struct {
	call, ret int64
	request
	reply
}

var (
	nothing = register.Contents{}
	silent  = reply{unknown: true}
)

func looked(call, ret int64, c register.Contents) asked {
	return asked{call, ret, request{kind: look}, reply{Contents: c}}
}

func swapped(call, ret int64, expect register.Contents, next string, a reply) asked {
	return asked{call, ret, request{kind: cas, expect: expect, next: next}, a}
}

func told(c register.Contents) reply { return reply{Contents: c} }

func dropped(call, ret int64) asked { return asked{call, ret, request{kind: drop}, reply{}} }

func wrote(call, ret int64, bytes string) asked {
	return asked{call, ret, request{kind: put, next: bytes}, reply{}}
}

func history(ops []asked) *History {
	h := &History{}
	for i, op := range ops {
		h.clock = op.call - 1
		called := h.begin()
		h.clock = op.ret - 1
		h.end(i, called, op.request, op.reply)
	}
	return h
}

// What a register may answer, and what none can.
func TestVerdicts(t *testing.T) {
	a, b := held("a"), held("b")
	for name, c := range map[string]struct {
		want Verdict
		ops  []asked
	}{
		"nothing happens":                        {Linearizable, nil},
		"absent":                                 {Linearizable, []asked{looked(1, 2, nothing)}},
		"what nobody wrote":                      {Refuted, []asked{looked(1, 2, a)}},
		"empty is not absent":                    {Refuted, []asked{looked(1, 2, held(""))}},
		"read what was written":                  {Linearizable, []asked{wrote(1, 2, "a"), looked(3, 4, a)}},
		"read what was there before":             {Refuted, []asked{wrote(1, 2, "a"), looked(3, 4, nothing)}},
		"read during the write, either":          {Linearizable, []asked{wrote(1, 6, "a"), looked(2, 3, nothing), looked(4, 5, a)}},
		"read during the write, and back":        {Refuted, []asked{wrote(1, 6, "a"), looked(2, 3, a), looked(4, 5, nothing)}},
		"swapped":                                {Linearizable, []asked{wrote(1, 2, "a"), swapped(3, 4, a, "b", told(b)), looked(5, 6, b)}},
		"swapped, not seen":                      {Refuted, []asked{wrote(1, 2, "a"), swapped(3, 4, a, "b", told(b)), looked(5, 6, a)}},
		"refused":                                {Linearizable, []asked{wrote(1, 2, "a"), swapped(3, 4, b, "c", told(a)), looked(5, 6, a)}},
		"refused, and yet written":               {Refuted, []asked{wrote(1, 2, "a"), swapped(3, 4, b, "c", told(a)), looked(5, 6, held("c"))}},
		"refused, though it matched":             {Refuted, []asked{wrote(1, 2, "a"), swapped(3, 4, a, "b", told(a))}},
		"applied, though it did not match":       {Refuted, []asked{wrote(1, 2, "a"), swapped(3, 4, b, "c", told(held("c")))}},
		"refused with what is not there":         {Refuted, []asked{wrote(1, 2, "a"), swapped(3, 4, b, "c", told(nothing))}},
		"two win":                                {Refuted, []asked{wrote(1, 2, "a"), swapped(3, 5, a, "b", told(b)), swapped(4, 6, a, "c", told(held("c")))}},
		"one of two wins":                        {Linearizable, []asked{wrote(1, 2, "a"), swapped(3, 5, a, "b", told(b)), swapped(4, 6, a, "c", told(b))}},
		"sent twice, answered the second time":   {Linearizable, []asked{wrote(1, 2, "a"), swapped(3, 4, a, "b", silent), swapped(5, 6, a, "b", told(b))}},
		"no answer, executed":                    {Linearizable, []asked{wrote(1, 2, "a"), swapped(3, 4, a, "b", silent), looked(5, 6, b)}},
		"no answer, never executed":              {Linearizable, []asked{wrote(1, 2, "a"), swapped(3, 4, a, "b", silent), looked(5, 6, a)}},
		"no answer, executed late":               {Linearizable, []asked{wrote(1, 2, "a"), swapped(3, 4, a, "b", silent), looked(5, 6, a), looked(7, 8, b)}},
		"no answer, executed and undone":         {Refuted, []asked{wrote(1, 2, "a"), swapped(3, 4, a, "b", silent), looked(5, 6, b), looked(7, 8, a)}},
		"no answer, executed before it was sent": {Refuted, []asked{wrote(1, 2, "a"), looked(3, 4, b), swapped(5, 6, a, "b", silent)}},
		"no answer, executed twice":              {Refuted, []asked{wrote(1, 2, "a"), swapped(3, 4, a, "b", silent), looked(5, 6, b), wrote(7, 8, "a"), looked(9, 10, b), looked(11, 12, b)}},
		"from nothing, stamped":                  {Linearizable, []asked{swapped(1, 2, nothing, "a", told(held("a 12.5"))), looked(3, 4, held("a 12.5"))}},
		"from nothing, not stamped":              {Refuted, []asked{swapped(1, 2, nothing, "a", told(a))}},
		"from nothing, stamped otherwise":        {Refuted, []asked{swapped(1, 2, nothing, "a", told(held("a 12.5"))), looked(3, 4, held("a 12.6"))}},
		"from nothing, no answer":                {Linearizable, []asked{swapped(1, 2, nothing, "a", silent), looked(3, 4, held("a 7")), looked(5, 6, held("a 7"))}},
		"from nothing, no answer, then another":  {Refuted, []asked{swapped(1, 2, nothing, "a", silent), looked(3, 4, held("a 7")), looked(5, 6, held("a 8"))}},
		"forgotten, and again with another":      {Linearizable, []asked{swapped(1, 2, nothing, "a", silent), swapped(3, 4, nothing, "a", silent), looked(5, 6, held("a 7")), dropped(7, 8), looked(9, 10, held("a 8"))}},
		"forgotten, and once more than sent":     {Refuted, []asked{swapped(1, 2, nothing, "a", silent), looked(5, 6, held("a 7")), dropped(7, 8), looked(9, 10, held("a 8"))}},
		"onto what nobody has seen yet": {Linearizable, []asked{
			swapped(1, 2, nothing, "a", silent), swapped(3, 4, held("a 7"), "b", silent), looked(5, 6, b),
		}},
		"onto another than nobody has seen": {Linearizable, []asked{
			swapped(1, 2, nothing, "a", silent), swapped(3, 4, held("a 7"), "b", told(held("a 8"))), looked(5, 6, held("a 8")),
		}},
		"onto nothing, which is the same": {Refuted, []asked{swapped(1, 2, nothing, "a", told(nothing))}},
	} {
		if got := history(c.ops).Check(time.Minute); got != c.want {
			t.Errorf("%s is %s, want %s:\n%s", name, got, c.want, history(c.ops))
		}
	}
}
