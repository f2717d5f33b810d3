package election

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2/server"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/seam"
)

// maxShown is how many bytes of a key the scripts show: enough to tell a record
// from what is too long for one.
const maxShown = 1025

// modelCAS is what lua/cas.lua should do, in Go. What replaces absence ends with
// the server's time, which the answer shows.
func modelCAS(key *contents, s swap, answer contents) contents {
	shown := contents{key.present, key.bytes[:min(len(key.bytes), maxShown)]}
	if shown != s.expect {
		return shown
	}
	*key = contents{true, s.next}
	if !s.expect.present {
		key.bytes += cmp.Or(serverTime.FindString(answer.bytes), " and the server's time")
	}
	return *key
}

var serverTime = regexp.MustCompile(` [0-9]{9,10}\.[0-9]{1,6}$`)

func TestScriptsAgreeWithTheirModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		compareWithModel(t, stub.Client(stub.Link()), 1000)
	})
}

func TestScriptsAgreeWithTheirModelOnARealServer(t *testing.T) {
	t.Parallel()
	compareWithModel(t, redistest.Start(t).Client(), 3000)
}

// compareWithModel executes random swaps, and looks at what they left.
func compareWithModel(t *testing.T, client *redis.Client, swaps int) {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	r := newRegister(client, seam.NewSystem(), unwarmed)
	at := place{key: "incumbent:{lua}"}
	var key contents
	applied := 0
	for range swaps {
		if random.IntN(8) == 0 {
			key = someContents(random)
			set(t, client, at.key, key)
		}
		s := swap{expect: someContents(random), next: someContents(random).bytes}
		if random.IntN(2) == 0 {
			s.expect = key
		}
		before := key
		answer := cas(t.Context(), r, at, s)[0]
		want := modelCAS(&key, s, answer.contents)
		if answer.err != nil || answer.contents != want || answer.unheard != "" {
			t.Fatalf("from %s, %s to %.40q: answered %s, %v, %q; want %s", show(before), show(s.expect), s.next, show(answer.contents), answer.err, answer.unheard, show(want))
		}
		if key != before {
			applied++
		}
		if got := get(t, client, at.key); got != key {
			t.Fatalf("from %s, %s to %.40q left %s, want %s", show(before), show(s.expect), s.next, show(got), show(key))
		}
		compareLooks(t, r, at.key, key)
	}
	if applied < swaps/10 {
		t.Errorf("only %d of %d swaps changed anything", applied, swaps)
	}
}

func compareLooks(t *testing.T, r *register, key string, is contents) {
	t.Helper()
	want := contents{is.present, is.bytes[:min(len(is.bytes), maxShown)]}
	for name, look := range map[string]func(context.Context, string) (sighting, error){"look": looker(r), "peek": r.Peek} {
		s, err := look(t.Context(), key)
		if err != nil || s.contents != want || s.readable() {
			t.Fatalf("%s of %s shows %s, %v", name, show(is), show(s.contents), err)
		}
		if off := time.Since(s.server).Abs(); name == "look" && off > time.Minute {
			t.Fatalf("%s tells that the server's clock is off by %v", name, off)
		}
	}
}

func looker(r *register) func(context.Context, string) (sighting, error) {
	return func(ctx context.Context, key string) (sighting, error) {
		a := r.Do(ctx, request{place: place{key: key}})[0]
		return a.sighting, a.err
	}
}

// cas executes swaps in one packet.
func cas(ctx context.Context, r *register, at place, swaps ...swap) []reply {
	var requests []request
	for _, s := range swaps {
		requests = append(requests, request{place: at, swap: &s})
	}
	return r.Do(ctx, requests...)
}

// someContents is nothing, an empty text, random bytes, something long, something
// too long, and often the same as some time before.
func someContents(random *rand.Rand) contents {
	switch random.IntN(6) {
	case 0:
		return contents{}
	case 1:
		return contents{present: true}
	case 2:
		return contents{true, strings.Repeat("x", maxShown-2+random.IntN(4))}
	case 3:
		return contents{true, strings.Repeat("x", random.IntN(5000))}
	case 4:
		return contents{true, fmt.Sprint(random.IntN(3))}
	}
	b := make([]byte, random.IntN(40))
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return contents{true, string(b)}
}

// unwarmed connects nothing beside the attempts.
func unwarmed(time.Duration, []request) {}

func set(t testing.TB, client *redis.Client, key string, c contents) {
	t.Helper()
	var err error
	if c.present {
		err = client.Set(t.Context(), key, c.bytes, 0).Err()
	} else {
		err = client.Del(t.Context(), key).Err()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, client *redis.Client, key string) contents {
	t.Helper()
	b, err := client.Get(t.Context(), key).Bytes()
	if err != nil && err != redis.Nil {
		t.Fatal(err)
	}
	return contents{err == nil, string(b)}
}

func show(c contents) string {
	if !c.present {
		return "nothing"
	}
	return fmt.Sprintf("%d bytes %.40q", len(c.bytes), c.bytes)
}

// A swap is published by the script that wrote it, and only if it wrote.
func TestTheScriptPublishesWhatItWrote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		client := stub.Client(stub.Link())
		at := place{key: "incumbent:{lua}"}
		sub := client.Subscribe(t.Context(), at.records())
		defer sub.Close()
		if _, err := sub.Receive(t.Context()); err != nil {
			t.Fatal(err)
		}
		r := newRegister(client, seam.NewSystem(), unwarmed)
		first := cas(t.Context(), r, at, swap{next: "first"})[0].contents
		cas(t.Context(), r, at,
			swap{next: "too late"},
			swap{expect: first, next: "\x00second\r\n"},
			swap{expect: first, next: "too late again"},
		)
		for _, want := range []string{first.bytes, "\x00second\r\n"} {
			if m, err := sub.ReceiveMessage(t.Context()); err != nil || m.Payload != want {
				t.Errorf("heard %v, %v; want %q", m, err, want)
			}
		}
		if m, err := sub.ReceiveTimeout(t.Context(), time.Minute); err == nil {
			t.Errorf("heard %v, too", m)
		}
	})
}

// The script of a look publishes its note. A note that is refused harms nothing else.
func TestALookPublishesItsNote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		client := stub.Client(stub.Link())
		sub := client.Subscribe(t.Context(), "note")
		defer sub.Close()
		if _, err := sub.Receive(t.Context()); err != nil {
			t.Fatal(err)
		}
		r := newRegister(client, seam.NewSystem(), unwarmed)
		at := place{key: "incumbent:{lua}"}
		for _, text := range []string{"the script is not known yet", "it is"} {
			if a := r.Do(t.Context(), request{place: at, note: note{"note", text}})[0]; a.err != nil || a.present {
				t.Errorf("%s: looked and saw %+v", text, a)
			}
			if m, err := sub.ReceiveMessage(t.Context()); err != nil || m.Payload != text {
				t.Errorf("heard %v, %v; want %q", m, err, text)
			}
		}
		stub.Mini.Server().SetPreHook(func(p *server.Peer, cmd string, _ ...string) bool {
			if cmd == "PUBLISH" {
				p.WriteError("NOPERM no permissions to run the 'publish' command")
			}
			return cmd == "PUBLISH"
		})
		if a := r.Do(t.Context(), request{place: at, note: note{"note", "refused"}})[0]; a.err != nil || a.server.IsZero() {
			t.Errorf("a look with a refused note: %+v", a)
		}
	})
}

// What is sent has no command without a key: in a cluster such a command goes to any
// node, also to one that hangs and has nothing to do with the election.
func TestEveryCommandHasAKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		r := newRegister(stub.Client(stub.Link()), seam.NewSystem(), unwarmed)
		at := place{key: "incumbent:{lua}"}
		script := false
		stub.Mini.Server().SetPreHook(func(_ *server.Peer, cmd string, args ...string) bool {
			switch {
			case strings.HasPrefix(cmd, "EVAL"):
				script = true // what follows is called by it
				if args[1] != "1" || args[2] != at.key {
					t.Errorf("%s of %q", cmd, args)
				}
			case !script && (len(args) == 0 || args[0] != at.key) && cmd != "HELLO" && cmd != "CLIENT":
				t.Errorf("%s %q", cmd, args)
			}
			return false
		})
		if _, err := r.Peek(t.Context(), at.key); err != nil {
			t.Error(err)
		}
		for range 2 {
			for _, a := range r.Do(t.Context(), request{place: at, note: note{"note", "x"}}, request{place: at, swap: &swap{expect: contents{true, "no"}, next: "x"}}) {
				if a.err != nil {
					t.Error(a.err)
				}
			}
		}
	})
}

// In one packet every answer stands for itself, also those of a script that the
// server has to be sent first.
func TestSwapsInOnePacket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		client := stub.Client(stub.Link())
		r := newRegister(client, seam.NewSystem(), unwarmed)
		_, _ = stub.Mini.Push("incumbent:{b}", "a list")
		at := func(name string) place { return place{key: "incumbent:{" + name + "}"} }
		set(t, client, at("a").key, contents{true, "0"})
		set(t, client, at("c").key, contents{true, "0"})
		for round, next := range []string{"1", "2"} { // the second time the server knows the script
			expect := contents{true, fmt.Sprint(round)}
			replies := r.Do(t.Context(),
				request{place: at("a"), swap: &swap{expect: expect, next: next}},
				request{place: at("b"), swap: &swap{next: next}},
				request{place: at("c"), swap: &swap{expect: expect, next: next}})
			if replies[0].err != nil || replies[0].bytes != next || replies[2].err != nil || replies[2].bytes != next {
				t.Errorf("round %d: %+v", round, replies)
			}
			if list := replies[1]; list.err != nil || !list.present || list.foreign == nil || list.readable() {
				t.Errorf("round %d: a list was answered as %+v", round, list)
			}
		}
	})
}

// The header of each script says what it takes and returns.
func TestScriptsHaveHeaders(t *testing.T) {
	for name, source := range map[string]string{"look": lookSource, "cas": casSource} {
		head, _, _ := strings.Cut(source, "\n")
		if !strings.HasPrefix(head, "-- "+name+": KEYS[1]") {
			t.Errorf("%s begins with %q", name, head)
		}
		if bytes.Contains([]byte(source), []byte("tostring")) && !strings.Contains(source, "loses digits") {
			t.Errorf("%s formats numbers", name)
		}
	}
}
