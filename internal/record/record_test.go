package record

import (
	"math"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
)

const aNonce = "AAAABBBBCCCCDDDD"

// written are records and the bytes that they are.
var writtenRecords = map[string]Record{
	"1 L 1763692999120 17 15000 aG9zdC0x AAAABBBBCCCCDDDD - MTAuMC4wLjE6ODA4MA": {
		Status: Led, Term: 1763692999120, Beat: 17, Lease: 15 * time.Second, Holder: "host-1", Nonce: aNonce, ID: "-", Meta: "10.0.0.1:8080",
	},
	"1 D 2 1 1000 - AAAABBBBCCCCDDDD - -":          {Status: Draining, Term: 2, Beat: 1, Lease: time.Second, Nonce: aNonce, ID: "-"},
	"1 V 1 0 86400000 IA AAAABBBBCCCCDDDD run-7 -": {Status: Vacant, Term: 1, Lease: 24 * time.Hour, Holder: " ", Nonce: aNonce, ID: "run-7"},
	"1 Q 3 4 2001 _w AAAABBBBCCCCDDDD - AAo": {
		Status: Quarantined, Term: 3, Beat: 4, Lease: 2001 * time.Millisecond, Holder: "\xff", Nonce: aNonce, ID: "-", Meta: "\x00\n",
	},
	"1 L 3 4 2000 LQ -_-_-_-_-_-_-_-_ - LQ what a newer version  adds": {
		Status: Led, Term: 3, Beat: 4, Lease: 2 * time.Second, Holder: "-", Nonce: "-_-_-_-_-_-_-_-_", ID: "-", Meta: "-", Rest: "what a newer version  adds",
	},
	"1 L 9007194959773696 9007199254740991 2000 - AAAABBBBCCCCDDDD - -": {
		Status: Led, Term: MaxTerm, Beat: MaxBeat, Lease: 2 * time.Second, Nonce: aNonce, ID: "-",
	},
}

func TestRecordsAreWrittenAndReadBack(t *testing.T) {
	for bytes, r := range writtenRecords {
		if got := r.String(); got != bytes {
			t.Errorf("%#v\nis %s\nwant %s", r, got, bytes)
		}
		if got, err := Parse(bytes); err != nil || got != r {
			t.Errorf("%s\nreads as %#v, %v\nwant %#v", bytes, got, err, r)
		}
	}
}

// A reader has no need of the fields behind id.
func TestRecordWithoutMeta(t *testing.T) {
	got, err := Parse("1 L 3 4 2000 LQ AAAABBBBCCCCDDDD -")
	if err != nil || got.Meta != "" || got.Holder != "-" {
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
		if r, err := Parse(bytes); err == nil || err.Error() != want {
			t.Errorf("%.80q reads as %v, error %v, want %s", bytes, r, err, want)
		}
	}
}

// The largest record that this package writes is read back, whatever its ID and
// meta consist of.
func TestLargestRecord(t *testing.T) {
	for _, char := range []string{"a", " ", "\xff", "\x00", "é"} {
		r := Record{
			Status: Led, Term: MaxTerm, Beat: MaxBeat, Lease: heartbeat.MaxLease, Nonce: aNonce, ID: "-",
			Holder: strings.Repeat(char, MaxID/len(char)), Meta: strings.Repeat(char, MaxMeta/len(char)),
		}
		s := r.String()
		if len(s) > MaxSize || strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' }) {
			t.Errorf("of %q: %d bytes, %q", char, len(s), s)
		}
		if got, err := Parse(s); err != nil || got != r {
			t.Errorf("of %q: read back as %v, %v", char, got, err)
		}
	}
}

func TestNextRecord(t *testing.T) {
	for bytes, r := range writtenRecords {
		n := r.Next(Vacant)
		if n.Status != Vacant || n.Beat != r.Beat+1 || n.Grant() != r.Grant() {
			t.Errorf("after %s comes %s", bytes, n)
		}
		n.Status, n.Beat = r.Status, r.Beat
		if n != r {
			t.Errorf("after %s more than status and beat changed: %s", bytes, n)
		}
	}
}

// Whose a record is depends on term and nonce, never on the holder's label.
func TestOwner(t *testing.T) {
	mine := Record{Status: Led, Term: 3, Holder: "host-1", Nonce: aNonce}
	same := mine
	same.Status, same.Beat, same.Holder, same.Meta = Draining, 9, "another", "more"
	if same.Grant() != mine.Grant() {
		t.Error("another status, beat or label makes another owner")
	}
	for _, other := range []Record{{Term: 4, Nonce: aNonce, Holder: "host-1"}, {Term: 3, Nonce: NewNonce(), Holder: "host-1"}} {
		if other.Grant() == mine.Grant() {
			t.Errorf("%v has the same owner", other)
		}
	}
}

func TestSignOfARecord(t *testing.T) {
	r := Record{Status: Led, Term: 3, Beat: 4, Lease: time.Second, Nonce: aNonce, ID: "-"}
	want := heartbeat.Beat{Bytes: "the bytes as received", Term: 3, Count: 4, Lease: time.Second}
	if got := r.Sign("the bytes as received"); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestNoncesAreFreshAndReadable(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		n := NewNonce()
		if seen[n] {
			t.Fatalf("%s twice", n)
		}
		seen[n] = true
		if _, err := Parse((Record{Status: Led, Term: 1, Lease: time.Second, Nonce: n, ID: "-"}).String()); err != nil {
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
		r, err := Parse(s)
		if err != nil {
			if len(err.Error()) > 60 {
				t.Errorf("the error quotes what it read: %v", err)
			}
			return
		}
		low := r.Term < 1 || r.Beat < 0 || r.Lease < minLease
		high := r.Term > MaxTerm || r.Beat > MaxBeat || r.Lease > heartbeat.MaxLease
		if low || high || len(s) > MaxSize || len(r.Holder) > MaxID || len(r.Meta) > MaxMeta || r.Lease%time.Millisecond != 0 {
			t.Errorf("%q reads as %#v", s, r)
		}
		if again, err := Parse(r.String()); err != nil || again != r {
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
		r := Record{
			Status: Status("LDVQ"[s%4]), Term: within(term, 1, MaxTerm), Beat: within(beat, 0, MaxBeat),
			Lease:  time.Duration(within(lease, 1000, 86_400_000)) * time.Millisecond,
			Holder: holder[:min(len(holder), MaxID)], Meta: meta[:min(len(meta), MaxMeta)], Nonce: NewNonce(), ID: "-",
		}
		if got, err := Parse(r.String()); err != nil || got != r {
			t.Errorf("%#v\nis written as %s\nand read as %#v, %v", r, r, got, err)
		}
	})
}

// What is written again is what was read.
func TestRecordsAreKeptByteForByte(t *testing.T) {
	for _, s := range []string{
		"1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - - ",
	} {
		if r, err := Parse(s); err == nil && r.String() != s {
			t.Errorf("%q is read and written as %q", s, r)
		}
	}
}

// A record with words of a newer version stays a record, whatever is written next. Where
// there is no room, it keeps as many as it can: the server's stamp goes first, then the
// last word.
func TestRecordsDoNotOutgrowTheirLimit(t *testing.T) {
	bare := Record{Status: Led, Term: 7, Beat: 9, Lease: time.Second, Nonce: NewNonce(), ID: "-", Holder: "h"}
	room := MaxSize - len(bare.String()) - 1
	long := strings.Repeat("x", room-len(" k=1 1700000000.5 m=2"))
	for rest, want := range map[string]string{
		strings.Repeat("x", room):       "",
		long + " k=1 1700000000.5 m=2":  long + " k=1 m=2",
		long + "9999999 k=1 m=2.1 n=12": long + "9999999 k=1 m=2.1",
		"short 1700000000.5":            "short 1700000000.5",
	} {
		full := bare
		full.Rest = rest
		next, err := Parse(full.Next(Draining).String())
		if err != nil || next.Grant() != full.Grant() || next.Beat != full.Beat+1 || next.Rest != want {
			t.Errorf("after %d bytes with %q comes %v, %v", len(full.String()), rest, next, err)
		}
	}
}
