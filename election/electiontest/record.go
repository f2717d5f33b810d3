package electiontest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/heartbeat"
)

// record is the part of an election's record that concerns an office:
//
//	1 <status> <term> <beat> <leaseMs> <holder> <nonce> …
type record struct {
	status string // L led, D led and asked to step down, V vacant, Q quarantined
	term   election.Term
	beat   int64
	lease  time.Duration
	nonce  string
}

const (
	holder     = "ZWxlY3Rpb250ZXN0" // electiontest, in base64
	rivalLease = heartbeat.DefaultLease
)

// String is what another holder writes.
func (r record) String() string {
	return fmt.Sprintf("1 %s %d %d %d %s %s - -", r.status, r.term, r.beat, r.lease.Milliseconds(), holder, r.nonce)
}

// parse returns the zero record for what is none.
func parse(text string) record {
	f := strings.Fields(text)
	if len(f) < 8 {
		return record{}
	}
	var n [3]int64
	for i := range n {
		n[i], _ = strconv.ParseInt(f[2+i], 10, 64) // package election has written it
	}
	return record{status: f[1], term: election.Term(n[0]), beat: n[1], lease: time.Duration(n[2]) * time.Millisecond, nonce: f[6]}
}

// held reports whether somebody holds the office.
func (r record) held() bool { return r.status == "L" || r.status == "D" }
