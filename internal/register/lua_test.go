package register

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
func modelCAS(key *Contents, s Swap, answer Contents) Contents {
	shown := Contents{key.Present, key.Bytes[:min(len(key.Bytes), maxShown)]}
	if shown != s.Expect {
		return shown
	}
	*key = Contents{true, s.Next}
	if !s.Expect.Present {
		key.Bytes += cmp.Or(serverTime.FindString(answer.Bytes), " and the server's time")
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
	r := NewRegister(client, seam.NewSystem(), unwarmed)
	at := Place{Key: "incumbent:{lua}"}
	var key Contents
	applied := 0
	for range swaps {
		if random.IntN(8) == 0 {
			key = someContents(random)
			set(t, client, at.Key, key)
		}
		s := Swap{Expect: someContents(random), Next: someContents(random).Bytes}
		if random.IntN(2) == 0 {
			s.Expect = key
		}
		before := key
		answer := cas(t.Context(), r, at, s)[0]
		want := modelCAS(&key, s, answer.Contents)
		if answer.Err != nil || answer.Contents != want || answer.PublishErr != "" {
			t.Fatalf("from %s, %s to %.40q: answered %s, %v, %q; want %s", show(before), show(s.Expect), s.Next, show(answer.Contents), answer.Err, answer.PublishErr, show(want))
		}
		if key != before {
			applied++
		}
		if got := get(t, client, at.Key); got != key {
			t.Fatalf("from %s, %s to %.40q left %s, want %s", show(before), show(s.Expect), s.Next, show(got), show(key))
		}
		compareLooks(t, r, at.Key, key)
	}
	if applied < swaps/10 {
		t.Errorf("only %d of %d swaps changed anything", applied, swaps)
	}
}

func compareLooks(t *testing.T, r *Register, key string, is Contents) {
	t.Helper()
	want := Contents{is.Present, is.Bytes[:min(len(is.Bytes), maxShown)]}
	for name, look := range map[string]func(context.Context, string) (Observation, error){"look": looker(r), "peek": r.Peek} {
		s, err := look(t.Context(), key)
		if err != nil || s.Contents != want || s.Readable() {
			t.Fatalf("%s of %s shows %s, %v", name, show(is), show(s.Contents), err)
		}
		if off := time.Since(s.Server).Abs(); name == "look" && off > time.Minute {
			t.Fatalf("%s tells that the server's clock is off by %v", name, off)
		}
	}
}

func looker(r *Register) func(context.Context, string) (Observation, error) {
	return func(ctx context.Context, key string) (Observation, error) {
		a := r.Do(ctx, Request{Place: Place{Key: key}})[0]
		return a.Observation, a.Err
	}
}

// cas executes swaps in one packet.
func cas(ctx context.Context, r *Register, at Place, swaps ...Swap) []Reply {
	var requests []Request
	for _, s := range swaps {
		requests = append(requests, Request{Place: at, Swap: &s})
	}
	return r.Do(ctx, requests...)
}

// someContents is nothing, an empty text, random bytes, something long, something
// too long, and often the same as some time before.
func someContents(random *rand.Rand) Contents {
	switch random.IntN(6) {
	case 0:
		return Contents{}
	case 1:
		return Contents{Present: true}
	case 2:
		return Contents{true, strings.Repeat("x", maxShown-2+random.IntN(4))}
	case 3:
		return Contents{true, strings.Repeat("x", random.IntN(5000))}
	case 4:
		return Contents{true, fmt.Sprint(random.IntN(3))}
	}
	b := make([]byte, random.IntN(40))
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return Contents{true, string(b)}
}

// unwarmed connects nothing beside the attempts.
func unwarmed(time.Duration, []Request) {}

func set(t testing.TB, client *redis.Client, key string, c Contents) {
	t.Helper()
	var err error
	if c.Present {
		err = client.Set(t.Context(), key, c.Bytes, 0).Err()
	} else {
		err = client.Del(t.Context(), key).Err()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, client *redis.Client, key string) Contents {
	t.Helper()
	b, err := client.Get(t.Context(), key).Bytes()
	if err != nil && err != redis.Nil {
		t.Fatal(err)
	}
	return Contents{err == nil, string(b)}
}

func show(c Contents) string {
	if !c.Present {
		return "nothing"
	}
	return fmt.Sprintf("%d bytes %.40q", len(c.Bytes), c.Bytes)
}

// A swap is published by the script that wrote it, and only if it wrote.
func TestTheScriptPublishesWhatItWrote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		client := stub.Client(stub.Link())
		at := Place{Key: "incumbent:{lua}"}
		sub := client.Subscribe(t.Context(), at.Records())
		defer sub.Close()
		if _, err := sub.Receive(t.Context()); err != nil {
			t.Fatal(err)
		}
		r := NewRegister(client, seam.NewSystem(), unwarmed)
		first := cas(t.Context(), r, at, Swap{Next: "first"})[0].Contents
		cas(t.Context(), r, at,
			Swap{Next: "too late"},
			Swap{Expect: first, Next: "\x00second\r\n"},
			Swap{Expect: first, Next: "too late again"},
		)
		for _, want := range []string{first.Bytes, "\x00second\r\n"} {
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
		r := NewRegister(client, seam.NewSystem(), unwarmed)
		at := Place{Key: "incumbent:{lua}"}
		for _, text := range []string{"the script is not known yet", "it is"} {
			if a := r.Do(t.Context(), Request{Place: at, Note: Note{"note", text}})[0]; a.Err != nil || a.Present {
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
		if a := r.Do(t.Context(), Request{Place: at, Note: Note{"note", "refused"}})[0]; a.Err != nil || a.Server.IsZero() {
			t.Errorf("a look with a refused note: %+v", a)
		}
	})
}

// What is sent has no command without a key: in a cluster such a command goes to any
// node, also to one that hangs and has nothing to do with the election.
func TestEveryCommandHasAKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		r := NewRegister(stub.Client(stub.Link()), seam.NewSystem(), unwarmed)
		at := Place{Key: "incumbent:{lua}"}
		clients := map[*server.Peer]bool{} // a script's commands have peers of their own
		stub.Mini.Server().SetPreHook(func(p *server.Peer, cmd string, args ...string) bool {
			switch {
			case cmd == "HELLO":
				clients[p] = true
			case strings.HasPrefix(cmd, "EVAL"):
				if args[1] != "1" || args[2] != at.Key {
					t.Errorf("%s of %q", cmd, args)
				}
			case clients[p] && (len(args) == 0 || args[0] != at.Key) && cmd != "CLIENT":
				t.Errorf("%s %q", cmd, args)
			}
			return false
		})
		if _, err := r.Peek(t.Context(), at.Key); err != nil {
			t.Error(err)
		}
		for range 2 {
			for _, a := range r.Do(t.Context(), Request{Place: at, Note: Note{"note", "x"}}, Request{Place: at, Swap: &Swap{Expect: Contents{true, "no"}, Next: "x"}}) {
				if a.Err != nil {
					t.Error(a.Err)
				}
			}
		}
		if len(clients) == 0 {
			t.Error("no connection was seen: the test shows nothing")
		}
	})
}

// In one packet every answer stands for itself, also those of a script that the
// server has to be sent first.
func TestSwapsInOnePacket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stub := redistest.NewStub(t)
		client := stub.Client(stub.Link())
		r := NewRegister(client, seam.NewSystem(), unwarmed)
		_, _ = stub.Mini.Push("incumbent:{b}", "a list")
		at := func(name string) Place { return Place{Key: "incumbent:{" + name + "}"} }
		set(t, client, at("a").Key, Contents{true, "0"})
		set(t, client, at("c").Key, Contents{true, "0"})
		for round, next := range []string{"1", "2"} { // the second time the server knows the script
			expect := Contents{true, fmt.Sprint(round)}
			replies := r.Do(t.Context(),
				Request{Place: at("a"), Swap: &Swap{Expect: expect, Next: next}},
				Request{Place: at("b"), Swap: &Swap{Next: next}},
				Request{Place: at("c"), Swap: &Swap{Expect: expect, Next: next}})
			if replies[0].Err != nil || replies[0].Bytes != next || replies[2].Err != nil || replies[2].Bytes != next {
				t.Errorf("round %d: %+v", round, replies)
			}
			if list := replies[1]; list.Err != nil || !list.Present || list.Foreign == nil || list.Readable() {
				t.Errorf("round %d: a list was answered as %+v", round, list)
			}
		}
	})
}

// The header of each script says what it takes and returns.
func TestScriptsHaveHeaders(t *testing.T) {
	for name, source := range map[string]string{"look": LookSource, "cas": CasSource} {
		head, _, _ := strings.Cut(source, "\n")
		if !strings.HasPrefix(head, "-- "+name+": KEYS[1]") {
			t.Errorf("%s begins with %q", name, head)
		}
		if bytes.Contains([]byte(source), []byte("tostring")) && !strings.Contains(source, "loses digits") {
			t.Errorf("%s formats numbers", name)
		}
	}
}
