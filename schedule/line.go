package schedule

import (
	"fmt"
	"strings"
)

// A line is one line of the history of a job:
//
//	1 <due> <attempt> <term> <started> <ended> <outcome> <n> <id> <text>
//
// The text is the rest of it, at most what fits into 320 bytes.
type line struct {
	run     runOf
	started int64
	ended   int64
	outcome Outcome
	n       int64 // how many due times it stands for, if it is not about a run
	id      string
	text    string
}

// String writes the line.
func (l line) String() string {
	b := append(make([]byte, 0, lineSize), version...)
	b = l.run.appendDue(append(b, ' '))
	b = appendNumbers(b, l.run.attempt, l.run.term, l.started, l.ended)
	b = append(append(b, ' '), l.outcome...)
	b = appendNumbers(b, l.n)
	b = appendText(append(b, ' '), cut(l.id, 96))
	b = append(b, ' ')
	return string(append(b, cut(printable(l.text), lineSize-len(b))...))
}

// printable makes a text one line of valid UTF-8.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

// parseLine reads a line; it accepts what String writes, and nothing else.
func parseLine(text string) (line, error) {
	fields := strings.SplitN(text, " ", 10)
	if fields[0] != version || len(fields) != 10 || len(text) > lineSize {
		return line{}, fmt.Errorf("%w: %.40q", errForm, text)
	}
	p := parser{fields: fields[1:]}
	l := line{run: p.due()}
	l.run.attempt, l.run.term = p.number(), p.number()
	l.started, l.ended = p.number(), p.number()
	l.outcome, l.n, l.id, l.text = Outcome(p.word()), p.number(), p.text(), p.word()
	if p.bad || l.outcome == "" || l.String() != text {
		return line{}, fmt.Errorf("%w: %.40q", errForm, text)
	}
	return l, nil
}
