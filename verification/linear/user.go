package linear

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"example.com/incumbent/internal/register"
)

// user is a client at work.
type user struct {
	Workload
	Client
	n       int
	history *History
	shared  *memory
	random  *rand.Rand
	last    map[string]register.Contents // seen, by key
	made    int                          // bytes that nobody else writes
}

func (u *user) run() {
	for range u.Requests {
		if u.Pause > 0 {
			time.Sleep(time.Duration(u.random.Int64N(int64(u.Pause))))
		}
		switch u.random.IntN(8) {
		case 0, 1:
			u.look(u.key())
		case 2:
			u.resend()
		default:
			u.write()
		}
	}
}

func (u *user) key() string { return u.Keys[u.random.IntN(len(u.Keys))] }

// look looks at a key, by itself.
func (u *user) look(key string) {
	if u.Peek == nil || u.random.IntN(2) == 0 {
		u.send([]Ask{{Key: key, Look: true}})
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), u.Attempt)
	defer cancel()
	called := u.history.begin()
	u.note(called, request{kind: look, key: key}, u.Peek(ctx, key))
}

// lookAround looks at every key a few times.
func (u *user) lookAround() {
	for _, key := range u.Keys {
		u.look(key)
		u.look(key)
	}
}

// write sends some swaps, some looks among them, and again what was not answered.
func (u *user) write() {
	asks := []Ask{u.swap(u.key())}
	for u.random.IntN(3) == 0 && len(asks) < 4 {
		asks = append(asks, u.swap(u.key()))
	}
	if u.random.IntN(3) == 0 {
		asks = slices.Insert(asks, u.random.IntN(len(asks)+1), Ask{Key: u.key(), Look: true})
	}
	u.shared.add(asks...)
	for tries := 0; len(asks) > 0 && tries < 3; tries++ {
		asks = u.send(asks)
		if u.random.IntN(4) == 0 {
			return
		}
	}
}

// resend sends what somebody has sent before, as a network does.
func (u *user) resend() {
	if a, ok := u.shared.any(u.random); ok {
		u.send([]Ask{a})
	}
}

// swap expects what was seen last, as a rule, and writes what nobody has written.
func (u *user) swap(key string) Ask {
	u.made++
	odd := []string{"", "\x00\r\n", "\xff\xfe", " ", "é"}[u.random.IntN(5)]
	a := Ask{Key: key, Expect: u.last[key], Next: fmt.Sprintf("%d.%d%s!", u.n, u.made, odd)}
	if u.random.IntN(10) == 0 {
		a.Expect = register.Contents{}
	}
	a.Apart = u.random.IntN(4) == 0
	return a
}

// send returns the requests whose outcome is unknown.
func (u *user) send(asks []Ask) (unknown []Ask) {
	ctx, cancel := context.WithTimeout(context.Background(), u.Attempt)
	defer cancel()
	called := u.history.begin()
	for i, seen := range u.Do(ctx, asks) {
		a := asks[i]
		r := request{kind: cas, key: a.Key, expect: a.Expect, next: a.Next}
		if a.Look {
			r.kind = look
		}
		u.note(called, r, seen)
		if seen.Err != nil {
			unknown = append(unknown, a)
		}
	}
	return unknown
}

// note records an answer. Of a look that brought none there is nothing to say.
func (u *user) note(called int64, r request, seen Seen) {
	switch {
	case seen.Err == nil:
		u.history.end(u.n, called, r, reply{Contents: seen.Contents})
		u.last[r.key] = seen.Contents
	case r.kind == cas:
		u.history.end(u.n, called, r, reply{unknown: true})
	}
	// Expected bytes never come back: where the answer shows the new ones, another
	// execution found nothing to do. Absence does come back.
	if r.kind == cas && (!r.expect.Present || seen.Bytes != r.next) {
		r.again = true
		for range u.Extra {
			u.history.end(u.n, called, r, reply{unknown: true})
		}
	}
}
