package chaos

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// What the parent has a server say, so that MONITOR shows it.
const (
	markPrefix = "chaos:mark:"
	sawAbsence = "chaos:absent"
)

// A change is something that happened to the key, or that proves that nothing else
// did before.
type change struct {
	at     time.Duration
	kind   changeKind
	bytes  string
	number int // of a mark
}

type changeKind int

const (
	wrote  changeKind = iota // by a script
	put                      // by somebody else
	gone                     // FLUSHALL or DEL
	absent                   // was seen to be
	mark                     // nothing else before this
)

// monitor follows what one server process does, past all proxies.
type monitor struct {
	conn   net.Conn
	lines  *bufio.Reader
	key    string
	last   time.Duration // what was shown last
	closed chan struct{}
}

// startMonitor connects, and from its return on misses nothing. It calls show for
// each change, in the server's order, until the server is gone.
func startMonitor(addr, key string, show func(change)) (*monitor, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	m := &monitor{conn: c, lines: bufio.NewReader(c), key: key, closed: make(chan struct{})}
	if _, err := c.Write([]byte("MONITOR\r\n")); err != nil {
		return nil, err
	}
	if ok, err := m.lines.ReadString('\n'); err != nil || ok != "+OK\r\n" {
		return nil, fmt.Errorf("chaos: MONITOR is answered %q (%w)", ok, err)
	}
	go func() {
		defer close(m.closed)
		for {
			text, err := m.lines.ReadString('\n')
			if err != nil {
				return
			}
			if ch, ok := m.parse(text); ok {
				show(ch)
			}
		}
	}()
	return m, nil
}

// close ends it and waits until it has shown everything.
func (m *monitor) close() {
	_ = m.conn.Close()
	<-m.closed
}

// parse reads a line such as
//
//	+1339518083.107412 [0 lua] "SET" "key" "bytes"
func (m *monitor) parse(text string) (change, bool) {
	stamp, rest, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(text), "+"), " [")
	from, command, ok := strings.Cut(rest, "] ")
	at, err := since(stamp)
	if !ok || err != nil {
		return change{}, false
	}
	args := unquote(command)
	m.last = max(m.last, at) // two clocks are compared, which is not exact
	return m.judge(m.last, strings.HasSuffix(from, " lua"), args)
}

func (m *monitor) judge(at time.Duration, script bool, args []string) (ch change, ok bool) {
	ch.at = at
	name := strings.ToUpper(args[0])
	aimed := len(args) > 1 && args[1] == m.key
	switch {
	case name == "SET" && aimed && len(args) > 2:
		ch.kind, ch.bytes = put, args[2]
		if script {
			ch.kind = wrote
		}
	case name == "FLUSHALL", name == "DEL" && aimed:
		ch.kind = gone
	case name == "ECHO" && args[1] == sawAbsence:
		ch.kind = absent
	case name == "ECHO" && strings.HasPrefix(args[1], markPrefix):
		ch.kind = mark
		ch.number, _ = strconv.Atoi(args[1][len(markPrefix):])
	default:
		return ch, false
	}
	return ch, true
}

// since turns a stamp of this machine's wall clock into its monotonic time. The
// stamp is cut to microseconds.
func since(stamp string) (time.Duration, error) {
	sec, micro, _ := strings.Cut(stamp, ".")
	s, err := strconv.ParseInt(sec, 10, 64)
	if err != nil {
		return 0, err
	}
	us, err := strconv.ParseInt(micro, 10, 64)
	return time.Duration(s*1e9+us*1e3) + time.Microsecond - wallOffset(), err
}

// wallOffset is how far the wall clock is ahead of the monotonic one.
func wallOffset() time.Duration {
	best, offset := time.Duration(1<<63-1), time.Duration(0)
	for range 3 {
		a := monotonic()
		wall := time.Duration(time.Now().UnixNano())
		b := monotonic()
		if b-a < best {
			best, offset = b-a, wall-(a+b)/2
		}
	}
	return offset
}

// unquote splits what MONITOR shows of a command.
func unquote(s string) (args []string) {
	for len(s) > 0 {
		s = strings.TrimLeft(s, " ")
		text, err := strconv.QuotedPrefix(s)
		if err != nil {
			break
		}
		s = s[len(text):]
		arg, err := strconv.Unquote(text)
		if err != nil {
			arg = text
		}
		args = append(args, arg)
	}
	if len(args) == 0 {
		return []string{""}
	}
	return args
}
