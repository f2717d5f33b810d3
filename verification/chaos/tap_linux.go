package chaos

import (
	"context"
	"net"
	"strings"
	"sync"
)

// tap notes in a journal what a candidate sends to Redis and is answered, where its
// connections are written and read: before a request leaves, and before an answer is
// seen by whoever asked.
type tap struct {
	journal *journal
	dialer  net.Dialer
}

// dial fits the Dialer of a redis.Options.
func (t *tap) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := t.dialer.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &tapped{TCPConn: c.(*net.TCPConn), journal: t.journal}, nil
}

// tapped is a connection under observation. It is a TCPConn in all else, so that a
// pool can look whether it is alive.
type tapped struct {
	*net.TCPConn

	journal *journal

	mu       sync.Mutex
	requests parser
	replies  parser
	asked    []line // what is not answered yet, in order
}

func (c *tapped) Write(b []byte) (int, error) {
	c.mu.Lock()
	for _, v := range c.requests.feed(b) {
		c.request(v)
	}
	c.mu.Unlock()
	return c.TCPConn.Write(b)
}

func (c *tapped) Read(b []byte) (int, error) {
	n, err := c.TCPConn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range c.replies.feed(b[:n]) {
		c.reply(v)
	}
	return n, err
}

// casLength is how many words a compare-and-set has at least: EVALSHA sha 1 key present
// expected next channel, and the channels of heirs. A look has fewer: EVALSHA sha 1 key
// identity, and perhaps a note's channel and text.
const casLength = 8

func (c *tapped) request(v value) {
	var l line
	if len(v.list) > 0 {
		name := strings.ToUpper(v.list[0].text)
		switch {
		case name == "SUBSCRIBE":
			c.requests.lost, c.replies.lost = true, true // pushes are no answers
			return
		case strings.HasPrefix(name, "EVAL") && len(v.list) >= casLength:
			l = line{K: kSent, Expect: contents(v.list[4].text == "1", v.list[5].text), Next: v.list[6].text}
			c.journal.add(l)
		case strings.HasPrefix(name, "EVAL"):
			l.K = kLooked
		}
	}
	c.asked = append(c.asked, l)
}

func (c *tapped) reply(v value) {
	if v.kind == '>' || len(c.asked) == 0 {
		return
	}
	l := c.asked[0]
	c.asked = c.asked[1:]
	if l.K == kSent && len(v.list) == 1 {
		l.K = kAnswered
		v = v.list[0]
	}
	switch {
	case l.K == kAnswered && v.text == l.Next: // as it was asked for
		l.Got = &l.Next
	case l.K != "" && len(v.list) >= 3:
		l.Got = contents(v.list[0].text == "1", v.list[1].text)
	default:
		return // another command, or an error
	}
	c.journal.add(l)
}

// contents is what a key holds; nil is nothing.
func contents(present bool, bytes string) *string {
	if !present {
		return nil
	}
	return &bytes
}
