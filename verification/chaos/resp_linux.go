package chaos

import (
	"bytes"
	"errors"
	"strconv"
)

var (
	errIncomplete = errors.New("chaos: more bytes are needed")
	errProtocol   = errors.New("chaos: not RESP")
)

// value is what a RESP message says: a string, an integer as text, a list, an
// error, or nothing.
type value struct {
	kind byte
	text string
	list []value
	null bool
}

// parse reads one message and returns what is left of b.
func parse(b []byte) (v value, rest []byte, err error) {
	head, rest, err := headLine(b)
	if err != nil {
		return value{}, b, err
	}
	v.kind = head[0]
	switch head[0] {
	case '+', '-', ':', '_', '#', ',', '(':
		v.text, v.null = string(head[1:]), head[0] == '_'
		return v, rest, nil
	case '$', '!', '=':
		return v.bulk(head, rest, b)
	case '*', '~', '>':
		return v.items(head, rest, b, 1)
	case '%', '|':
		return v.items(head, rest, b, 2)
	}
	return value{}, b, errProtocol
}

func headLine(b []byte) (head, rest []byte, err error) {
	i := bytes.Index(b, []byte("\r\n"))
	switch {
	case i == 0:
		return nil, b, errProtocol
	case i < 0:
		return nil, b, errIncomplete
	}
	return b[:i], b[i+2:], nil
}

func (v value) bulk(head, rest, all []byte) (value, []byte, error) {
	n, err := strconv.Atoi(string(head[1:]))
	switch {
	case err != nil:
		return v, all, errProtocol
	case n < 0:
		v.null = true
		return v, rest, nil
	case len(rest) < n+2:
		return v, all, errIncomplete
	}
	v.text = string(rest[:n])
	return v, rest[n+2:], nil
}

func (v value) items(head, rest, all []byte, each int) (value, []byte, error) {
	n, err := strconv.Atoi(string(head[1:]))
	if err != nil {
		return v, all, errProtocol
	}
	v.null = n < 0
	for range n * each {
		var item value
		if item, rest, err = parse(rest); err != nil {
			return v, all, err
		}
		v.list = append(v.list, item)
	}
	return v, rest, nil
}

// parser takes messages out of a stream of bytes.
type parser struct {
	left []byte
	lost bool // it is no RESP, or nobody wants to know any more
}

// feed returns the messages that b completes.
func (p *parser) feed(b []byte) (all []value) {
	if p.lost {
		return nil
	}
	p.left = append(p.left, b...)
	for len(p.left) > 0 {
		v, rest, err := parse(p.left)
		if err != nil {
			p.lost = errors.Is(err, errProtocol)
			break
		}
		all, p.left = append(all, v), rest
	}
	return all
}
