package trace

import (
	"slices"
	"time"

	"example.com/incumbent/verification/model"
	"example.com/incumbent/verification/sim/check"
)

// names give records the numbers that the model tells them apart by.
type names struct {
	leases  []time.Duration // sorted: the model compares their numbers
	bytes   map[string]int64
	authors map[int]int64 // by nonce, who drew it; 0: it settles a grant
}

// newNames returns the names of a whole history.
func newNames(history []check.Entry) *names {
	n := &names{bytes: map[string]int64{}, authors: map[int]int64{}}
	add := func(all ...time.Duration) {
		for _, l := range all {
			if i, known := slices.BinarySearch(n.leases, l); !known && l > 0 {
				n.leases = slices.Insert(n.leases, i, l)
			}
		}
	}
	for _, e := range history {
		switch ev := e.Event.(type) {
		case check.Started:
			add(ev.Lease)
		case check.Configured:
			add(ev.Lease)
		case check.Sent:
			add(ev.Expect.Lease, ev.Next.Lease)
		case check.Wrote:
			add(ev.Now.Lease)
		case check.Put:
			add(ev.Now.Lease)
		}
	}
	return n
}

// lease is the number of a lease.
func (n *names) lease(d time.Duration) model.Lease {
	i, _ := slices.BinarySearch(n.leases, d)
	return model.Lease(i)
}

// sent is told who sends a record, and reports whether its nonce is new.
func (n *names) sent(proc int, s check.State) (isNew bool) {
	if _, known := n.authors[s.Nonce]; known {
		return false
	}
	n.authors[s.Nonce] = int64(proc)
	if s.Status == check.Vacant {
		n.authors[s.Nonce] = 0
	}
	return true
}

// record is the model's record of a state.
func (n *names) record(s check.State) model.Record {
	switch {
	case !s.Present:
		return model.NoRecord()
	case !s.Readable():
		return model.NewRecord(0, 0, 0, 0, n.number("foreign "+s.Foreign), 0, model.NoPause)
	}
	return model.NewRecord(byte(s.Status), s.Term, s.Beat, n.authors[s.Nonce], n.nonce(s), n.lease(s.Lease), paused(s))
}

// paused is what a record says of a pause.
func paused(s check.State) model.Pause {
	switch on, until := s.Pause(); {
	case !on:
		return model.NoPause
	case until > 0:
		return model.TimedPause
	}
	return model.LongPause
}

// nonce is the nonce's number. The server's stamp makes the bytes of a quarantine others.
func (n *names) nonce(s check.State) int64 {
	if s.Status == check.Quarantined && s != s.Sent() {
		return n.number(s.String() + s.Rest)
	}
	return int64(s.Nonce)
}

// number is one of its own for each text.
func (n *names) number(text string) int64 {
	if n.bytes[text] == 0 {
		n.bytes[text] = 1<<40 + int64(len(n.bytes))
	}
	return n.bytes[text]
}
