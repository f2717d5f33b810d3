package register

import (
	"testing"

	"example.com/incumbent/internal/record"
)

// An answer that is a text is the new bytes or an error of the server. What servers say
// begins with a code, and no record does.
func TestNoErrorOfAServerIsARecord(t *testing.T) {
	for _, said := range []string{
		"OOM command not allowed when used memory > 'maxmemory'.",
		"READONLY You can't write against a read only replica.",
		"MISCONF Redis is configured to save RDB snapshots",
		"NOPERM User x has no permissions to access the '1 L 7 0 2000 a AAAABBBBCCCCDDDD - -' key",
		"WRONGTYPE Operation against a key holding the wrong kind of value",
		"ERR 1 L 7 0 2000 a AAAABBBBCCCCDDDD - -",
	} {
		if r, err := record.Parse(said); err == nil {
			t.Errorf("%q is read as %+v", said, r)
		}
		next := record.Record{Status: record.Led, Term: 7, Lease: 2e9, Holder: "a", Nonce: "AAAABBBBCCCCDDDD", ID: "-"}
		c := &call{requests: []int{0}, value: []any{said}}
		if seen, err := c.read(0, SwapTo(Contents{}, next)); err == nil && seen.Readable() {
			t.Errorf("%q is taken for applied", said)
		}
	}
}
