package linear

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"example.com/incumbent/internal/seam"
)

// user is a client at work.
type user struct {
	Workload
	Client
	n       int
	history *History
	shared  *memory
	random  *rand.Rand
	last    map[string]seam.Contents // seen, by key
	made    int                      // bytes that nobody else writes
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

func (u *user) look(key string) {
	ctx, cancel := context.WithTimeout(context.Background(), u.Attempt)
	defer cancel()
	called := u.history.begin()
	seen := u.Looks[u.random.IntN(len(u.Looks))](ctx, key)
	u.note(called, request{kind: look, key: key}, seen)
}

// lookAround looks at every key in every way.
func (u *user) lookAround() {
	for _, key := range u.Keys {
		for range u.Looks {
			u.look(key)
		}
	}
}

// write sends a few swaps, and again those that were not answered.
func (u *user) write() {
	var swaps []Swap
	for range 1 + u.random.IntN(3)/2 {
		swaps = append(swaps, u.swap(u.key()))
	}
	u.shared.add(swaps...)
	for tries := 0; len(swaps) > 0 && tries < 3; tries++ {
		swaps = u.send(swaps)
		if u.random.IntN(4) == 0 {
			return
		}
	}
}

// resend sends what somebody has sent before, as a network does.
func (u *user) resend() {
	if s, ok := u.shared.any(u.random); ok {
		u.send([]Swap{s})
	}
}

// swap expects what was seen last, as a rule, and writes what nobody has written.
func (u *user) swap(key string) Swap {
	u.made++
	odd := []string{"", "\x00\r\n", "\xff\xfe", " ", "é"}[u.random.IntN(5)]
	s := Swap{Key: key, Expect: u.last[key], Next: fmt.Sprintf("%d.%d%s!", u.n, u.made, odd)}
	if u.random.IntN(10) == 0 {
		s.Expect = seam.Contents{}
	}
	return s
}

// send returns the swaps whose outcome is unknown.
func (u *user) send(swaps []Swap) (unknown []Swap) {
	ctx, cancel := context.WithTimeout(context.Background(), u.Attempt)
	defer cancel()
	called := u.history.begin()
	for i, seen := range u.CAS(ctx, swaps) {
		s := swaps[i]
		u.note(called, request{kind: cas, key: s.Key, expect: s.Expect, next: s.Next}, seen)
		if seen.Err != nil {
			unknown = append(unknown, s)
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
