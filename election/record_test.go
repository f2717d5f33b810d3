package election

import (
	"math"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
)

const aNonce = "AAAABBBBCCCCDDDD"

// written are records and the bytes that they are.
var writtenRecords = map[string]record{
	"1 L 1763692999120 17 15000 aG9zdC0x AAAABBBBCCCCDDDD - MTAuMC4wLjE6ODA4MA": {
		status: led, term: 1763692999120, beat: 17, lease: 15 * time.Second, holder: "host-1", nonce: aNonce, id: "-", meta: "10.0.0.1:8080",
	},
	"1 D 2 1 1000 - AAAABBBBCCCCDDDD - -":          {status: draining, term: 2, beat: 1, lease: time.Second, nonce: aNonce, id: "-"},
	"1 V 1 0 86400000 IA AAAABBBBCCCCDDDD run-7 -": {status: vacant, term: 1, lease: 24 * time.Hour, holder: " ", nonce: aNonce, id: "run-7"},
	"1 Q 3 4 2001 _w AAAABBBBCCCCDDDD - AAo": {
		status: quarantined, term: 3, beat: 4, lease: 2001 * time.Millisecond, holder: "\xff", nonce: aNonce, id: "-", meta: "\x00\n",
	},
	"1 L 3 4 2000 LQ -_-_-_-_-_-_-_-_ - LQ what a newer version  adds": {
		status: led, term: 3, beat: 4, lease: 2 * time.Second, holder: "-", nonce: "-_-_-_-_-_-_-_-_", id: "-", meta: "-", rest: "what a newer version  adds",
	},
	"1 L 9007194959773696 9007199254740991 2000 - AAAABBBBCCCCDDDD - -": {
		status: led, term: maxTerm, beat: maxBeat, lease: 2 * time.Second, nonce: aNonce, id: "-",
	},
}

func TestRecordsAreWrittenAndReadBack(t *testing.T) {
	for bytes, r := range writtenRecords {
		if got := r.String(); got != bytes {
			t.Errorf("%#v\nis %s\nwant %s", r, got, bytes)
		}
		if got, err := parseRecord(bytes); err != nil || got != r {
			t.Errorf("%s\nreads as %#v, %v\nwant %#v", bytes, got, err, r)
		}
	}
}

// A reader has no need of the fields behind id.
func TestRecordWithoutMeta(t *testing.T) {
	got, err := parseRecord("1 L 3 4 2000 LQ AAAABBBBCCCCDDDD -")
	if err != nil || got.meta != "" || got.holder != "-" {
		t.Errorf("read as %#v, %v", got, err)
	}
}

func TestForeignRecords(t *testing.T) {
	for bytes, want := range map[string]string{
		"":                                                                 "not of format version 1",
		"mylock":                                                           "not of format version 1",
		"2 L 3 4 2000 LQ AAAABBBBCCCCDDDD - -":                             "not of format version 1",
		" 1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - -":                            "not of format version 1",
		"1":                                                                "too few fields",
		"1 L 3 4 2000 LQ AAAABBBBCCCCDDDD":                                 "too few fields",
		"1  L 3 4 2000 LQ AAAABBBBCCCCDDDD - -":                            "unreadable status",
		"1 X 3 4 2000 LQ AAAABBBBCCCCDDDD - -":                             "unreadable status",
		"1 LD 3 4 2000 LQ AAAABBBBCCCCDDDD - -":                            "unreadable status",
		"1 l 3 4 2000 LQ AAAABBBBCCCCDDDD - -":                             "unreadable status",
		"1 L 0 4 2000 LQ AAAABBBBCCCCDDDD - -":                             "unreadable term",
		"1 L -3 4 2000 LQ AAAABBBBCCCCDDDD - -":                            "unreadable term",
		"1 L +3 4 2000 LQ AAAABBBBCCCCDDDD - -":                            "unreadable term",
		"1 L 03 4 2000 LQ AAAABBBBCCCCDDDD - -":                            "unreadable term",
		"1 L 3.0 4 2000 LQ AAAABBBBCCCCDDDD - -":                           "unreadable term",
		"1 L 3e2 4 2000 LQ AAAABBBBCCCCDDDD - -":                           "unreadable term",
		"1 L 0x3 4 2000 LQ AAAABBBBCCCCDDDD - -":                           "unreadable term",
		"1 L 1_0 4 2000 LQ AAAABBBBCCCCDDDD - -":                           "unreadable term",
		"1 L ٣ 4 2000 LQ AAAABBBBCCCCDDDD - -":                             "unreadable term",
		"1 L 9007194959773697 4 2000 LQ AAAABBBBCCCCDDDD - -":              "unreadable term",
		"1 L 99999999999999999999 4 2000 LQ AAAABBBBCCCCDDDD - -":          "unreadable term",
		"1 L 3 -1 2000 LQ AAAABBBBCCCCDDDD - -":                            "unreadable beat",
		"1 L 3 9007199254740992 2000 LQ AAAABBBBCCCCDDDD - -":              "unreadable beat",
		"1 L 3 00 2000 LQ AAAABBBBCCCCDDDD - -":                            "unreadable beat",
		"1 L 3 4 999 LQ AAAABBBBCCCCDDDD - -":                              "unreadable lease",
		"1 L 3 4 86400001 LQ AAAABBBBCCCCDDDD - -":                         "unreadable lease",
		"1 L 3 4 9223372036854775807 LQ AAAABBBBCCCCDDDD - -":              "unreadable lease",
		"1 L 3 4 2000ms LQ AAAABBBBCCCCDDDD - -":                           "unreadable lease",
		"1 L 3 4 2000  AAAABBBBCCCCDDDD - -":                               "unreadable holder",
		"1 L 3 4 2000 L AAAABBBBCCCCDDDD - -":                              "unreadable holder",
		"1 L 3 4 2000 LQ== AAAABBBBCCCCDDDD - -":                           "unreadable holder",
		"1 L 3 4 2000 L+ AAAABBBBCCCCDDDD - -":                             "unreadable holder",
		"1 L 3 4 2000 LR AAAABBBBCCCCDDDD - -":                             "unreadable holder", // a bit too many
		"1 L 3 4 2000 L\nQ AAAABBBBCCCCDDDD - -":                           "unreadable holder",
		"1 L 3 4 2000 " + strings.Repeat("A", 132) + " " + aNonce + " - -": "unreadable holder",
		"1 L 3 4 2000 LQ AAAABBBBCCCCDDD - -":                              "unreadable nonce",
		"1 L 3 4 2000 LQ AAAABBBBCCCCDDDDE - -":                            "unreadable nonce",
		"1 L 3 4 2000 LQ AAAABBBBCCCC+/DD - -":                             "unreadable nonce",
		"1 L 3 4 2000 LQ AAAABBBBCCCC\r\nDDDD - -":                         "unreadable nonce",
		"1 L 3 4 2000 LQ - - -":                                            "unreadable nonce",
		"1 L 3 4 2000 LQ AAAABBBBCCCCDDDD  -":                              "unreadable id",
		"1 L 3 4 2000 LQ AAAABBBBCCCCDDDD " + strings.Repeat("i", 65):      "unreadable id",
		"1 L 3 4 2000 LQ AAAABBBBCCCCDDDD \x7f -":                          "unreadable text",
		"1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - ":                              "unreadable meta",
		"1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - =":                             "unreadable meta",
		"1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - " + strings.Repeat("A", 260):   "unreadable meta",
		"1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - - a\nb":                        "unreadable text",
		"1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - - é":                           "unreadable text",
		"1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - -\r\n":                         "unreadable meta",
		"1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - - " + strings.Repeat("x", 480): "longer than 512 bytes",
		strings.Repeat("1", 1<<20):                                         "longer than 512 bytes",
		"X 3 4":                                                            "not of format version 1",
	} {
		if r, err := parseRecord(bytes); err == nil || err.Error() != want {
			t.Errorf("%.80q reads as %v, error %v, want %s", bytes, r, err, want)
		}
	}
}

// The largest record that this package writes is read back, whatever its ID and
// meta consist of.
func TestLargestRecord(t *testing.T) {
	for _, char := range []string{"a", " ", "\xff", "\x00", "é"} {
		r := record{
			status: led, term: maxTerm, beat: maxBeat, lease: heartbeat.MaxLease, nonce: aNonce, id: "-",
			holder: strings.Repeat(char, maxID/len(char)), meta: strings.Repeat(char, maxMetaText/len(char)),
		}
		s := r.String()
		if len(s) > maxRecord || strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' }) {
			t.Errorf("of %q: %d bytes, %q", char, len(s), s)
		}
		if got, err := parseRecord(s); err != nil || got != r {
			t.Errorf("of %q: read back as %v, %v", char, got, err)
		}
	}
}

func TestNextRecord(t *testing.T) {
	for bytes, r := range writtenRecords {
		n := r.next(vacant)
		if n.status != vacant || n.beat != r.beat+1 || n.owner() != r.owner() {
			t.Errorf("after %s comes %s", bytes, n)
		}
		n.status, n.beat = r.status, r.beat
		if n != r {
			t.Errorf("after %s more than status and beat changed: %s", bytes, n)
		}
	}
}

// Whose a record is depends on term and nonce, never on the holder's label.
func TestOwner(t *testing.T) {
	mine := record{status: led, term: 3, holder: "host-1", nonce: aNonce}
	same := mine
	same.status, same.beat, same.holder, same.meta = draining, 9, "another", "more"
	if same.owner() != mine.owner() {
		t.Error("another status, beat or label makes another owner")
	}
	for _, other := range []record{{term: 4, nonce: aNonce, holder: "host-1"}, {term: 3, nonce: newNonce(), holder: "host-1"}} {
		if other.owner() == mine.owner() {
			t.Errorf("%v has the same owner", other)
		}
	}
}

func TestSignOfARecord(t *testing.T) {
	r := record{status: led, term: 3, beat: 4, lease: time.Second, nonce: aNonce, id: "-"}
	want := heartbeat.Sign{Bytes: "the bytes as received", Epoch: 3, Count: 4, Lease: time.Second}
	if got := r.sign("the bytes as received"); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestNoncesAreFreshAndReadable(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		n := newNonce()
		if seen[n] {
			t.Fatalf("%s twice", n)
		}
		seen[n] = true
		if _, err := parseRecord((record{status: led, term: 1, lease: time.Second, nonce: n, id: "-"}).String()); err != nil {
			t.Fatalf("nonce %s: %v", n, err)
		}
	}
}

// FuzzParseRecord reads what anybody may write: it must not panic, must keep
// within its limits, and must mean the same when it is written again.
func FuzzParseRecord(f *testing.F) {
	for bytes := range writtenRecords {
		f.Add(bytes)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := parseRecord(s)
		if err != nil {
			if len(err.Error()) > 60 {
				t.Errorf("the error quotes what it read: %v", err)
			}
			return
		}
		low := r.term < 1 || r.beat < 0 || r.lease < heartbeat.MinForeignLease
		high := r.term > maxTerm || r.beat > maxBeat || r.lease > heartbeat.MaxLease
		if low || high || len(s) > maxRecord || len(r.holder) > maxID || len(r.meta) > maxMetaText || r.lease%time.Millisecond != 0 {
			t.Errorf("%q reads as %#v", s, r)
		}
		if again, err := parseRecord(r.String()); err != nil || again != r {
			t.Errorf("%q reads as %#v, is written as %q and that reads as %#v, %v", s, r, r, again, err)
		}
	})
}

// FuzzRecord writes any text of a user and reads it back.
func FuzzRecord(f *testing.F) {
	f.Add("host-1", "10.0.0.1:8080", int64(1), int64(0), int64(15000), uint8(0))
	f.Add("-", " ", int64(math.MaxInt64), int64(math.MinInt64), int64(0), uint8(3))
	f.Fuzz(func(t *testing.T, holder, meta string, term, beat, lease int64, s uint8) {
		within := func(n, low, high int64) int64 { return low + int64(uint64(n)%uint64(high-low+1)) }
		r := record{
			status: status("LDVQ"[s%4]), term: within(term, 1, maxTerm), beat: within(beat, 0, maxBeat),
			lease:  time.Duration(within(lease, 1000, 86_400_000)) * time.Millisecond,
			holder: holder[:min(len(holder), maxID)], meta: meta[:min(len(meta), maxMetaText)], nonce: newNonce(), id: "-",
		}
		if got, err := parseRecord(r.String()); err != nil || got != r {
			t.Errorf("%#v\nis written as %s\nand read as %#v, %v", r, r, got, err)
		}
	})
}

// What is written again is what was read.
func TestRecordsAreKeptByteForByte(t *testing.T) {
	for _, s := range []string{
		"1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - - ",
	} {
		if r, err := parseRecord(s); err == nil && r.String() != s {
			t.Errorf("%q is read and written as %q", s, r)
		}
	}
}

// A record with fields of a newer version stays a record, whatever is written next.
func TestRecordsDoNotOutgrowTheirLimit(t *testing.T) {
	full := record{status: led, term: 7, beat: 9, lease: time.Second, nonce: newNonce(), id: "-", holder: "h"}
	full.rest = strings.Repeat("x", maxRecord-len(full.String())-1)
	if len(full.String()) != maxRecord {
		t.Fatalf("the record has %d bytes", len(full.String()))
	}
	next, err := parseRecord(full.next(draining).String())
	if err != nil || next.owner() != full.owner() || next.beat != full.beat+1 {
		t.Errorf("after %v comes %v, %v", full, next, err)
	}
}
