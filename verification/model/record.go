package model

import "fmt"

// status says who may do what with a record.
type status uint8

const (
	unknown     status = iota // nothing observed yet; never in the register
	absent                    // no record: memory was lost, or never held one
	led                       // L
	asked                     // D: led, and asked to step down
	vacant                    // V: released by somebody whose work had ended
	quarantined               // Q: absent was seen
)

// record stands for the bytes in the register. Two records are equal exactly
// if the bytes are.
type record[N number] struct {
	status status
	term   N // at most 7 in a search
	beat   N // at most 15
	holder N // number of the process + 1; 0 in what a settling writes
	nonce  N // at most 7
	lease  Lease
	pause  pause // whoever is granted it must not begin to work
}

// nothing is what the register holds without a record.
func nothing[N number]() record[N] { return record[N]{status: absent} }

// pack squeezes a record into 18 bits.
func (r record[N]) pack() uint32 {
	return uint32(r.status) | uint32(r.term)<<3 | uint32(r.beat)<<6 |
		uint32(r.holder)<<10 | uint32(r.nonce)<<12 | uint32(r.lease)<<15 | uint32(r.pause)<<16
}

func unpack[N number](v uint32) record[N] {
	return record[N]{
		status: status(v & 7),
		term:   N(v >> 3 & 7),
		beat:   N(v >> 6 & 15),
		holder: N(v >> 10 & 3),
		nonce:  N(v >> 12 & 7),
		lease:  Lease(v >> 15 & 1),
		pause:  pause(v >> 16 & 3),
	}
}

// sameGrant says whether two records belong to one grant. Mine is what has my
// term and my nonce, never what has my name.
func (r record[N]) sameGrant(o record[N]) bool {
	return r.term == o.term && r.nonce == o.nonce && r.holder == o.holder
}

// held is a record with somebody leading.
func (r record[N]) held() bool { return r.status == led || r.status == asked }

// judged is a record that others must wait on.
func (r record[N]) judged() bool { return r.held() || r.status == quarantined }

// above orders by (term, beat), as a push must be to be believed.
func (r record[N]) above(o record[N]) bool {
	return r.term > o.term || r.term == o.term && r.beat > o.beat
}

// next is the record with a beat more.
func (r record[N]) next() record[N] {
	r.beat++
	return r
}

// as is the record with another status and a beat more.
func (r record[N]) as(s status) record[N] {
	r.status = s
	return r.next()
}

// String writes a record as status, term, beat, holder and, as '+', what tells
// it from the holder's other attempts: "L 2.1 A++".
func (r record[N]) String() string {
	switch r.status {
	case unknown:
		return "-"
	case absent:
		return "absent"
	}
	long := ""
	if r.lease != 0 {
		long = " long"
	}
	long += [...]string{"", " paused for a time", " paused"}[r.pause]
	pluses := "++++++++"[:r.nonce]
	return fmt.Sprintf("%c %d.%d %s%s%s", " .LDVQ"[r.status], r.term, r.beat, name(int(r.holder)-1), pluses, long)
}

// name is what a process is called in traces.
func name(p int) string {
	if p < 0 {
		return "-"
	}
	return string(rune('A' + p))
}
