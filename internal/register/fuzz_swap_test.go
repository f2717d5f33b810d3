package register

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
		c := swapCase{before: Contents{present, string(current)}, list: list}
		c.swap = Swap{Expect: Contents{expects, string(expect)}, Next: string(next)}
		if !present {
			c.before.Bytes = ""
		}
		if !expects {
			c.swap.Expect.Bytes = ""
		}
		for _, s := range servers {
			c.check(t, s)
		}
	})
}

// fuzzed is where the swaps are.
var fuzzed = Place{Key: "incumbent:{fuzz}"}

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
	before Contents
	list   bool // the key holds a list
	swap   Swap
}

func (c swapCase) check(t *testing.T, s swapServer) {
	t.Helper()
	r := NewRegister(s.Client, seam.NewSystem(), unwarmed)
	key := c.before
	if err := s.Del(t.Context(), fuzzed.Key).Err(); err != nil {
		t.Fatal(err)
	}
	if c.list {
		c.checkList(t, s, r)
		return
	}
	set(t, s.Client, fuzzed.Key, key)
	answer := cas(t.Context(), r, fuzzed, c.swap)[0]
	want := modelCAS(&key, c.swap, answer.Contents)
	if answer.Err != nil || answer.Contents != want || answer.PublishErr != "" {
		t.Errorf("%s: from %s, %s to %.40q: answered %s, %v, %q; want %s", s.name, show(c.before), show(c.swap.Expect), c.swap.Next, show(answer.Contents), answer.Err, answer.PublishErr, show(want))
	}
	if got := get(t, s.Client, fuzzed.Key); got != key {
		t.Errorf("%s: from %s, %s to %.40q left %s, want %s", s.name, show(c.before), show(c.swap.Expect), c.swap.Next, show(got), show(key))
	}
	compareSightings(t, s.name, r, key)
}

// compareSightings looks in both ways.
func compareSightings(t *testing.T, server string, r *Register, key Contents) {
	t.Helper()
	want := Contents{key.Present, key.Bytes[:min(len(key.Bytes), maxShown)]}
	rec, err := record.Parse(want.Bytes)
	for name, look := range map[string]func(context.Context, string) (Observation, error){"look": looker(r), "peek": r.Peek} {
		s, lookErr := look(t.Context(), "incumbent:{fuzz}")
		if lookErr != nil || s.Contents != want || s.Readable() != (want.Present && err == nil) || s.Readable() && s.Rec != rec {
			t.Errorf("%s: %s of %s shows %s as %+v, %v", server, name, show(key), show(s.Contents), s.Rec, lookErr)
		}
	}
}

// checkList checks that a key of another type is never changed, and is shown as
// foreign.
func (c swapCase) checkList(t *testing.T, server swapServer, r *Register) {
	t.Helper()
	if err := server.RPush(t.Context(), fuzzed.Key, c.before.Bytes).Err(); err != nil {
		t.Fatal(err)
	}
	answer := cas(t.Context(), r, fuzzed, c.swap)[0]
	look, err1 := looker(r)(t.Context(), fuzzed.Key)
	peek, err2 := r.Peek(t.Context(), fuzzed.Key)
	for _, s := range []Observation{answer.Observation, look, peek} {
		if answer.Err != nil || err1 != nil || err2 != nil || !s.Present || s.Foreign != ErrWrongType {
			t.Errorf("%s: a list is shown as %+v, %v, %v, %v", server.name, s, answer.Err, err1, err2)
		}
	}
	if got, err := server.LRange(t.Context(), fuzzed.Key, 0, -1).Result(); err != nil || len(got) != 1 || got[0] != c.before.Bytes {
		t.Errorf("%s: a list became %q, %v", server.name, got, err)
	}
}
