package election

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/seam"
)

// FuzzSwap executes a compare-and-set on any bytes: the script has to agree with
// its model in Go, on the stand-in and, where there is one, on a real server,
// over RESP2 and RESP3.
func FuzzSwap(f *testing.F) {
	const rec = "1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - -"
	long := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte('a' + i%26)
		}
		return b
	}
	f.Add(true, []byte(rec), true, []byte(rec), []byte("1 L 3 5 2000 LQ AAAABBBBCCCCDDDD - -"), false) // a beat
	f.Add(true, []byte(rec), true, []byte("1 L 3 3 2000 LQ AAAABBBBCCCCDDDD - -"), []byte("x"), false) // one that lost
	f.Add(false, []byte{}, false, []byte{}, []byte(rec), false)                                        // a quarantine
	f.Add(true, []byte{}, false, []byte{}, []byte(rec), false)                                         // empty is not absent
	f.Add(false, []byte{}, true, []byte{}, []byte(rec), false)
	f.Add(true, []byte{}, true, []byte{}, []byte{}, false)
	f.Add(true, []byte("\x00\r\n\xff"), true, []byte("\x00\r\n\xff"), []byte("\xff\xfe\x00"), false)
	f.Add(true, long(1024), true, long(1024), []byte("x"), false)
	f.Add(true, long(1025), true, long(1025), []byte("x"), false)
	f.Add(true, long(1026), true, long(1025), []byte("x"), false) // too long to compare: a foreign record
	f.Add(true, long(1026), true, long(1026), []byte("x"), false)
	f.Add(true, []byte("x"), true, []byte("x"), long(3000), false)
	f.Add(true, []byte("0"), true, []byte("00"), []byte("1e3"), false) // numbers are bytes, too
	f.Add(true, []byte("x"), true, []byte("x"), []byte("y"), true)     // a list
	f.Add(true, []byte("x"), false, []byte{}, []byte("y"), true)
	servers := swapServers(f)
	f.Fuzz(func(t *testing.T, present bool, current []byte, expects bool, expect, next []byte, list bool) {
		if len(current)+len(expect)+len(next) > 64<<10 {
			return
		}
		c := swapCase{before: contents{present, string(current)}, list: list}
		c.swap = swap{expect: contents{expects, string(expect)}, next: string(next)}
		if !present {
			c.before.bytes = ""
		}
		if !expects {
			c.swap.expect.bytes = ""
		}
		for _, s := range servers {
			c.check(t, s)
		}
	})
}

// fuzzed is where the swaps are.
var fuzzed = place{key: "incumbent:{fuzz}"}

// swapServer is a server as one client reaches it.
type swapServer struct {
	*redis.Client
	name string
}

// swapServers are clients of all servers that there are.
func swapServers(f *testing.F) (clients []swapServer) {
	f.Helper()
	add := func(name, addr string) {
		for _, protocol := range []int{2, 3} {
			c := redis.NewClient(&redis.Options{Addr: addr, Protocol: protocol})
			f.Cleanup(func() { _ = c.Close() })
			clients = append(clients, swapServer{c, fmt.Sprint(name, " over RESP", protocol)})
		}
	}
	add("stand-in", miniredis.RunT(f).Addr())
	if os.Getenv(redistest.ServerVariable) != "" {
		add("server", redistest.Start(f).Addr())
	}
	return clients
}

// swapCase is a key and what is done to it.
type swapCase struct {
	before contents
	list   bool // the key holds a list
	swap   swap
}

func (c swapCase) check(t *testing.T, s swapServer) {
	t.Helper()
	r := newRegister(s.Client, seam.NewSystem(), unwarmed)
	key := c.before
	if err := s.Del(t.Context(), fuzzed.key).Err(); err != nil {
		t.Fatal(err)
	}
	if c.list {
		c.checkList(t, s, r)
		return
	}
	set(t, s.Client, fuzzed.key, key)
	answer := cas(t.Context(), r, fuzzed, c.swap)[0]
	want := modelCAS(&key, c.swap, answer.contents)
	if answer.err != nil || answer.contents != want || answer.unheard != "" {
		t.Errorf("%s: from %s, %s to %.40q: answered %s, %v, %q; want %s", s.name, show(c.before), show(c.swap.expect), c.swap.next, show(answer.contents), answer.err, answer.unheard, show(want))
	}
	if got := get(t, s.Client, fuzzed.key); got != key {
		t.Errorf("%s: from %s, %s to %.40q left %s, want %s", s.name, show(c.before), show(c.swap.expect), c.swap.next, show(got), show(key))
	}
	compareSightings(t, s.name, r, key)
}

// compareSightings looks in both ways.
func compareSightings(t *testing.T, server string, r *register, key contents) {
	t.Helper()
	want := contents{key.present, key.bytes[:min(len(key.bytes), maxShown)]}
	rec, err := record.Parse(want.bytes)
	for name, look := range map[string]func(context.Context, string) (sighting, error){"look": looker(r), "peek": r.Peek} {
		s, lookErr := look(t.Context(), "incumbent:{fuzz}")
		if lookErr != nil || s.contents != want || s.readable() != (want.present && err == nil) || s.readable() && s.rec != rec {
			t.Errorf("%s: %s of %s shows %s as %+v, %v", server, name, show(key), show(s.contents), s.rec, lookErr)
		}
	}
}

// checkList checks that a key of another type is never changed, and is shown as
// foreign.
func (c swapCase) checkList(t *testing.T, server swapServer, r *register) {
	t.Helper()
	if err := server.RPush(t.Context(), fuzzed.key, c.before.bytes).Err(); err != nil {
		t.Fatal(err)
	}
	answer := cas(t.Context(), r, fuzzed, c.swap)[0]
	look, err1 := looker(r)(t.Context(), fuzzed.key)
	peek, err2 := r.Peek(t.Context(), fuzzed.key)
	for _, s := range []sighting{answer.sighting, look, peek} {
		if answer.err != nil || err1 != nil || err2 != nil || !s.present || s.foreign != errWrongType {
			t.Errorf("%s: a list is shown as %+v, %v, %v, %v", server.name, s, answer.err, err1, err2)
		}
	}
	if got, err := server.LRange(t.Context(), fuzzed.key, 0, -1).Result(); err != nil || len(got) != 1 || got[0] != c.before.bytes {
		t.Errorf("%s: a list became %q, %v", server.name, got, err)
	}
}
