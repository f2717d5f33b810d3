package model

import (
	"errors"
	"fmt"
	"math"
)

// A Keeper is the register of a run, as the model has it: it holds what was written last,
// and may execute all that was ever sent to it, at any time and repeatedly.
type Keeper struct {
	m    *model[int64]
	reg  Record
	last int64
	sent map[Record][]packet[int64] // by what they write
}

// NewKeeper returns an empty register.
func NewKeeper() *Keeper {
	m := newModel[int64](Config{Processes: 1, Terms: math.MaxInt32, Former: true}, Variant{})
	m.most = math.MaxInt64 / 2
	return &Keeper{m: m, reg: NoRecord(), sent: map[Record][]packet[int64]{}}
}

// Holds returns what the register holds.
func (k *Keeper) Holds() Record { return k.reg }

// Last returns the highest term that was granted.
func (k *Keeper) Last() int64 { return k.last }

// Sent takes a compare-and-set on its way.
func (k *Keeper) Sent(expect, next Record) {
	p := packet[int64]{expect: expect, next: next}
	for _, q := range k.sent[next] {
		if p == q {
			return
		}
	}
	k.sent[next] = append(k.sent[next], p)
}

// Wrote takes a change of the register by a request. The record is given as it was sent,
// and as it was written: the server stamps what replaces absence. Unordered says that terms
// need not rise, since the server's clock was set or it went back.
func (k *Keeper) Wrote(sent, written Record, unordered bool) error {
	why := fmt.Errorf("nobody has sent that, and the register holds %s", k.reg.words())
	for _, p := range k.sent[sent] {
		s := state[int64]{reg: k.reg, last: k.last, room: maxPackets, sent: 1}
		s.net[0] = p
		switch {
		case !k.m.arrive(&s, 0, 0):
			why = fmt.Errorf("that replaces %s, and the register holds %s", p.expect.words(), k.reg.words())
		case s.broken == Unpaused && steers(k.m, p.expect, p.next, true): // somebody has ended it
			k.reg, k.last = written, s.last
			return nil
		case s.broken != 0 && !unordered:
			why = errors.New(Name(s.broken))
		default:
			k.reg, k.last = written, s.last
			return nil
		}
	}
	return why
}

// Forgets takes a loss of the register's contents.
func (k *Keeper) Forgets() { k.reg = NoRecord() }

// GoesBack takes a change behind everybody's back, which the model has not.
func (k *Keeper) GoesBack(r Record) { k.reg = r }
