package linear

import (
	"fmt"
	"strings"

	"github.com/anishathalye/porcupine"

	"example.com/incumbent/internal/register"
)

// kind is what a request does.
type kind int

const (
	look kind = iota
	cas
	put  // somebody writes, whatever is there
	drop // the key is deleted, or everything is
)

// request is what a client asks of a key.
type request struct {
	kind   kind
	key    string
	expect register.Contents
	next   string
	again  bool // not asked by a client: something may have repeated it
}

// reply is what it was told: what the key holds. An unknown outcome means that
// the request may take effect at any later time, or never.
type reply struct {
	register.Contents
	unknown bool
}

// state is what a key holds. What replaced absence ends with a field that the
// server made, which nobody has seen while it is open.
type state struct {
	register.Contents
	open bool
}

// shows reports whether the state can be what was shown, and what it is then.
func (s state) shows(c register.Contents) (state, bool) {
	if !s.open {
		return s, s.Contents == c
	}
	return state{Contents: c}, isStamped(c, s.Bytes)
}

// isStamped reports whether that is what the server makes of bytes that replace
// absence.
func isStamped(c register.Contents, bytes string) bool {
	stamp, found := strings.CutPrefix(c.Bytes, bytes+" ")
	return c.Present && found && stamp != "" && strings.Trim(stamp, "0123456789.") == ""
}

// step returns the states that a request can lead to if it was answered like
// that; none if it can't have been.
func step(s state, r request, a reply) []state {
	switch {
	case r.kind == put:
		return []state{{Contents: register.Contents{Present: true, Bytes: r.next}}}
	case r.kind == drop:
		return []state{{}}
	case a.unknown && r.kind == look:
		return []state{s}
	case a.unknown:
		return append(applied(s, r, a), unless(s, r)...)
	case r.kind == look:
		return only(s.shows(a.Contents))
	}
	return append(applied(s, r, a), refused(s, r, a)...)
}

// applied is what a compare-and-set makes of the expected contents.
func applied(s state, r request, a reply) []state {
	if _, matches := s.shows(r.expect); !matches {
		return nil
	}
	next := state{Contents: register.Contents{Present: true, Bytes: r.next}, open: !r.expect.Present}
	if a.unknown {
		return []state{next}
	}
	return only(next.shows(a.Contents))
}

// refused is a compare-and-set that found something else, and showed it.
func refused(s state, r request, a reply) []state {
	if a.Contents == r.expect {
		return nil
	}
	return only(s.shows(a.Contents))
}

// unless is the same of one whose answer got lost: it changes nothing if it finds
// something else. That it is never executed needs no case: it may come last.
func unless(s state, r request) []state {
	if !s.open && s.Contents == r.expect {
		return nil
	}
	return []state{s}
}

func only(s state, can bool) []state {
	if !can {
		return nil
	}
	return []state{s}
}

// model is the register as porcupine takes it, each key for itself.
var model = porcupine.NondeterministicModel{
	Partition: byKey,
	Init:      func() []any { return []any{state{}} },
	Step: func(s, input, output any) (next []any) {
		for _, n := range step(s.(state), input.(request), output.(reply)) {
			next = append(next, n)
		}
		return next
	},
	DescribeOperation: func(input, output any) string { return describe(input.(request), output.(reply)) },
	DescribeState:     func(s any) string { return show(s.(state).Contents) },
}

func byKey(history []porcupine.Operation) (parts [][]porcupine.Operation) {
	index := map[string]int{}
	for _, op := range history {
		key := op.Input.(request).key
		i, known := index[key]
		if !known {
			i = len(parts)
			index[key], parts = i, append(parts, nil)
		}
		parts[i] = append(parts[i], op)
	}
	return parts
}

func describe(r request, a reply) string {
	switch r.kind {
	case put:
		return fmt.Sprintf("%s: put %q", r.key, r.next)
	case drop:
		return fmt.Sprintf("%s: drop", r.key)
	}
	told := show(a.Contents)
	if a.unknown {
		told = "no answer"
	}
	if r.kind == look {
		return fmt.Sprintf("%s: look: %s", r.key, told)
	}
	return fmt.Sprintf("%s: %s to %q: %s", r.key, show(r.expect), r.next, told)
}

func show(c register.Contents) string {
	if !c.Present {
		return "nothing"
	}
	return fmt.Sprintf("%q", c.Bytes)
}
