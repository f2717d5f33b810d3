package register

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/seam"
)

// The stand-in says what Redis says, byte for byte, to whatever an election asks:
// looks, swaps alone and together, notes, heirs, plain looks; on records, on
// anything else that a key can hold, and when the scripts were forgotten. So does
// what is published. Of errors only the first words count.
func TestStandInAnswersAsRedisDoes(t *testing.T) {
	t.Parallel()
	for _, protocol := range []int{2, 3} {
		t.Run(fmt.Sprint("RESP", protocol), func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			sides := []*side{newSide(t, miniredis.RunT(t).Addr(), protocol), newSide(t, server.Addr(), protocol)}
			seed := rand.Uint64()
			steps := newSteps(seed)
			for n := range 600 {
				step := steps.next()
				mini, redis := sides[0].take(t, step), sides[1].take(t, step)
				if mini != redis {
					t.Fatalf("seed %d, step %d, %s: the stand-in says\n%q\nand Redis\n%q", seed, n, step.name, mini, redis)
				}
			}
		})
	}
}

// side is a server, with a register whose connection is listened in to.
type side struct {
	admin    *redis.Client
	register *Register
	heard    *redis.PubSub
	tap      *tap
	now      map[string]Contents // of the keys
}

func newSide(t *testing.T, addr string, protocol int) *side {
	t.Helper()
	s := &side{tap: &tap{}, now: map[string]Contents{}}
	client := func(change func(*redis.Options)) *redis.Client {
		o := &redis.Options{Addr: addr, Protocol: protocol, MaxRetries: -1, PoolSize: 1, PipelinePoolSize: -1}
		change(o)
		c := redis.NewClient(o)
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	s.admin = client(func(*redis.Options) {})
	tapped := client(func(o *redis.Options) { o.Dialer = s.tap.dial })
	if err := tapped.Ping(t.Context()).Err(); err != nil { // greetings differ
		t.Fatal(err)
	}
	s.register = NewRegister(tapped, seam.NewSystem(), unwarmed)
	channels := []string{"heir", "note", Place{Key: "a"}.Records(), Place{Key: "b"}.Records()}
	s.heard = s.admin.Subscribe(t.Context(), channels...)
	t.Cleanup(func() { _ = s.heard.Close() })
	for range channels { // else what is published at once may come before
		if _, err := s.heard.Receive(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// take takes a step and returns what the server said to it, and published.
func (s *side) take(t *testing.T, step step) string {
	t.Helper()
	s.tap.read() // what was said before
	if err := step.do(t, s); err != nil {
		t.Fatalf("%s: %v", step.name, err)
	}
	said := s.tap.read()
	// The stand-in may answer a PING of a subscriber before it hands over what was
	// published; what is published stays in order.
	const end = "until here"
	if err := s.admin.Publish(t.Context(), "note", end).Err(); err != nil {
		t.Fatal(err)
	}
	for {
		m, err := s.heard.ReceiveMessage(t.Context())
		switch {
		case err != nil:
			t.Fatal(err)
		case m.Payload == end:
			return normalized(said)
		}
		said += fmt.Sprintf("published %q on %q", m.Payload, m.Channel)
	}
}

var (
	lookedAt = regexp.MustCompile(`\$10\r\n\d{10}\r\n\$\d\r\n\d{1,6}\r\n`) // seconds and microseconds, two values
	stamped  = regexp.MustCompile(`(?:\$\d+\r\n)?(\w*) \d{10}\.\d{1,6}`)   // what replaced absence
	failure  = regexp.MustCompile(`-[^\r\n]*`)
	passedOn = regexp.MustCompile(`\$\d+\r\nWRONGTYPE [^\r\n]*`) // an error that a script returns as text
)

// normalized replaces what differs: the time, and the words of errors behind those
// that mean something to us.
func normalized(said string) string {
	said = lookedAt.ReplaceAllString(said, "time ")
	said = stamped.ReplaceAllString(said, "$1 stamp")
	said = passedOn.ReplaceAllString(said, "WRONGTYPE")
	return failure.ReplaceAllStringFunc(said, func(line string) string {
		err := TextError(line[1:])
		for _, words := range []string{"WRONGTYPE", "NOSCRIPT", "unknown command"} {
			if says(err, words) {
				return "-" + words
			}
		}
		first, _, _ := strings.Cut(line, " ") // the rest differs between servers
		return first
	})
}

// tap keeps what comes in on a connection.
type tap struct {
	mu   sync.Mutex
	text strings.Builder
}

func (p *tap) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	return tapped{c, p}, err
}

func (p *tap) read() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.text.Reset()
	return p.text.String()
}

type tapped struct {
	net.Conn
	tap *tap
}

func (c tapped) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.tap.mu.Lock()
	defer c.tap.mu.Unlock()
	c.tap.text.Write(b[:n])
	return n, err
}

// step is done on each side. What it depends on is drawn before.
type step struct {
	name string
	do   func(*testing.T, *side) error
}

// steps draws steps.
type steps struct {
	*rand.Rand
	made int
}

func newSteps(seed uint64) *steps { return &steps{Rand: rand.New(rand.NewPCG(seed, 0))} }

func (s *steps) next() step {
	switch s.IntN(8) {
	case 0:
		return s.hold()
	case 1:
		return s.forget()
	case 2:
		key := s.key()
		return step{"peek at " + key, func(t *testing.T, on *side) error {
			_, err := on.register.Peek(t.Context(), key)
			return err
		}}
	}
	return s.ask()
}

func (s *steps) key() string { return []string{"a", "b", ""}[min(s.IntN(9)/4, 2)] }

// hold has a key hold something.
func (s *steps) hold() step {
	key := s.key()
	to := [][]any{{"SET", key, cmp.Or(someContents(s.Rand).Bytes, "x")}}
	switch s.IntN(6) {
	case 0:
		to = [][]any{{"DEL", key}}
	case 1:
		to = [][]any{{"DEL", key}, {"RPUSH", key, "x"}}
	case 2:
		to = [][]any{{"SET", key, ""}}
	case 3:
		to = [][]any{{"FLUSHALL"}}
	}
	return step{fmt.Sprintf("%.60q", to), func(t *testing.T, on *side) error {
		clear(on.now)
		for _, command := range to {
			if err := on.admin.Do(t.Context(), command...).Err(); err != nil {
				return err
			}
		}
		return nil
	}}
}

// forget has the server forget the scripts, and learn them again: the stand-in
// does not learn a script from a call that fails.
func (s *steps) forget() step {
	return step{"forget the scripts", func(t *testing.T, on *side) error {
		if err := on.admin.ScriptFlush(t.Context()).Err(); err != nil {
			return err
		}
		fresh := Place{Key: "fresh"}
		return on.register.Do(t.Context(), Request{Place: fresh}, Request{Place: fresh, Swap: &Swap{Expect: Contents{true, "x"}, Next: "y"}})[0].Err
	}}
}

// ask is a packet of looks and swaps, with notes.
func (s *steps) ask() step {
	type drawn struct {
		key, next  string
		swap, wins bool
		heirs      []string
		noted      bool
	}
	var packet []drawn
	for range 1 + s.IntN(4) {
		s.made++
		d := drawn{key: s.key(), next: fmt.Sprint("new", s.made), swap: s.IntN(4) > 0, wins: s.IntN(3) > 0, noted: s.IntN(2) == 0}
		d.heirs = [][]string{nil, nil, nil, {"heir"}, {"nobody", "heir", "nobody else"}, {"nobody"}}[s.IntN(6)]
		packet = append(packet, d)
	}
	return step{fmt.Sprintf("ask %+v", packet), func(t *testing.T, on *side) error {
		var requests []Request
		for _, d := range packet {
			q := Request{Place: Place{Key: d.key}}
			if d.swap {
				q.Swap = &Swap{Expect: Contents{true, "something else"}, Next: d.next, NotifyFirst: d.heirs}
			}
			if d.swap && d.wins {
				q.Swap.Expect = on.now[d.key]
			}
			if d.noted && !d.swap {
				q.Note = Note{"note", d.next}
			}
			requests = append(requests, q)
		}
		for i, a := range on.register.Do(t.Context(), requests...) {
			if a.Err == nil {
				on.now[packet[i].key] = a.Contents
			}
		}
		return nil
	}}
}

// Where the stand-in says something else than Redis, as docs/decisions.md tells.
func TestWhereTheStandInDiffers(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	mini := miniredis.RunT(t)
	for name, c := range map[string]struct {
		do          [][]any
		mini, redis string // how the answer to the last begins
	}{
		"a command that fails in a script": {
			[][]any{{"RPUSH", "k", "x"}, {"EVAL", "return redis.call('GET', KEYS[1])", 1, "k"}},
			"ERR Error compiling script (new function): :1: WRONGTYPE Operation", "WRONGTYPE Operation",
		},
		"an unknown command in a script": {
			[][]any{{"EVAL", "return redis.call('NOSUCH')", 0}},
			"ERR Error compiling script (new function): :1: Unknown Redis command called from script", "ERR Unknown Redis command called from script",
		},
		"a script that failed": {
			[][]any{{"RPUSH", "k", "x"}, {"SCRIPT", "FLUSH"}, {"EVAL", LookSource, 1, "k"}, {"SCRIPT", "EXISTS", redis.NewScript(LookSource).Hash()}},
			"[0]", "[1]",
		},
		"a database that is not there": {[][]any{{"SELECT", 99}}, "OK", "ERR DB index is out of range"},
		"limits":                       {[][]any{{"CONFIG", "SET", "maxmemory", 0}}, "ERR unknown command", "OK"},
		"rights":                       {[][]any{{"ACL", "WHOAMI"}}, "ERR unknown command", "default"},
	} {
		for addr, want := range map[string]string{mini.Addr(): c.mini, server.Addr(): c.redis} {
			client := redis.NewClient(&redis.Options{Addr: addr})
			var said string
			for _, command := range append([][]any{{"FLUSHALL"}}, c.do...) {
				v, err := client.Do(t.Context(), command...).Result()
				said = fmt.Sprint(v)
				if err != nil {
					said = err.Error()
				}
			}
			if !strings.HasPrefix(spoken(said), spoken(want)) {
				t.Errorf("%s: %s, want %s", name, said, want)
			}
			_ = client.Close()
		}
	}
}

// spoken is what servers of other makers say, too: not all call a command one of Redis.
func spoken(words string) string {
	return strings.ReplaceAll(strings.ToLower(words), "unknown redis command", "unknown command")
}
