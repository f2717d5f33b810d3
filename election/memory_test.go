package election

// Shows S2: a term is above all that its candidate has seen, and not below the time of the
// server.

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// now is the time that both clocks show in these tests, in milliseconds.
const nowMilli = 1_763_692_999_120

// skewed are clocks at the same look, the server's so much ahead.
func skewed(ahead time.Duration) clocks {
	now := time.UnixMilli(nowMilli)
	return clocks{server: now.Add(ahead), ours: time.Duration(now.UnixNano())}
}

// seeing is an observation of a record, nothing if the term is 0.
func seeing(term Term) register.Observation {
	if term == 0 {
		return register.NewObservation(false, "")
	}
	return register.NewObservation(true, (record.Record{Status: record.Vacant, Term: int64(term), Lease: 2 * time.Second, Nonce: aNonce, ID: "-"}).String())
}

func TestNextTerm(t *testing.T) {
	const later = nowMilli + 1000
	for name, c := range map[string]struct {
		seen   []Term // before
		record Term   // now; 0 is none
		ahead  time.Duration
		want   Term
	}{
		"first ever":                           {nil, 0, 0, nowMilli},
		"above an old record":                  {nil, 7, 0, nowMilli},
		"above a record that is ahead":         {nil, later, 0, later + 1},
		"above a record at the server's time":  {nil, nowMilli, 0, nowMilli + 1},
		"above what was seen before":           {[]Term{later, 5}, 7, 0, later + 1},
		"above what was seen before a loss":    {[]Term{later}, 0, 0, later + 1},
		"the server's clock, not ours":         {nil, 0, 23 * time.Hour, nowMilli + 23*3600*1000},
		"the server's clock when it is behind": {nil, 0, -23 * time.Hour, nowMilli - 23*3600*1000},
		"exactly a day ahead":                  {nil, 0, 24 * time.Hour, nowMilli + 24*3600*1000},
		"exactly a day behind":                 {nil, 0, -24 * time.Hour, nowMilli - 24*3600*1000},
	} {
		var m memory
		for _, term := range c.seen {
			m.remember(seeing(term))
		}
		term, far, err := m.nextTerm(seeing(c.record), skewed(c.ahead))
		if term != int64(c.want) || far || err != nil {
			t.Errorf("%s: %d, %v, %v; want %d", name, term, far, err, c.want)
		}
	}
}

// A server clock that is more than a day off is not believed. On top of a record
// there is a term without it; else it is refused, naming both clocks.
func TestNextTermWithAClockThatIsFarOff(t *testing.T) {
	for _, ahead := range []time.Duration{24*time.Hour + time.Millisecond, -24*time.Hour - time.Millisecond, 1 << 62, -1 << 62} {
		var m memory
		term, far, err := m.nextTerm(seeing(7), skewed(ahead))
		if term != 8 || !far || err != nil {
			t.Errorf("%v ahead, on a record: %d, %v, %v; want 8 with a warning", ahead, term, far, err)
		}
		m.remember(seeing(500))
		if term, _, err = m.nextTerm(seeing(7), skewed(ahead)); term != 501 || err != nil {
			t.Errorf("%v ahead, 500 seen before: %d, %v; want 501", ahead, term, err)
		}
		term, far, err = m.nextTerm(seeing(0), skewed(ahead))
		if term != 0 || !far || !errors.Is(err, ErrUnfit) {
			t.Errorf("%v ahead, without a record: %d, %v, %v", ahead, term, far, err)
		}
	}
	var m memory
	_, _, err := m.nextTerm(seeing(0), skewed(48*time.Hour))
	for _, clock := range []string{"2025-11-23T02:43:19Z", "2025-11-21T02:43:19Z"} {
		if !strings.Contains(err.Error(), clock) {
			t.Errorf("%v does not name the clock %s", err, clock)
		}
	}
}

func TestForeignRecordsAreNoRecordForTerms(t *testing.T) {
	var m memory
	foreign := register.NewObservation(true, "mylock")
	if _, _, err := m.nextTerm(foreign, skewed(48*time.Hour)); !errors.Is(err, ErrUnfit) {
		t.Errorf("a term on top of a foreign record with a clock far off: %v", err)
	}
	m.remember(foreign)
	m.remember(seeing(0))
	if m.everSeen() || m.longestLease() != 0 {
		t.Errorf("remembers what is no record: %+v", &m)
	}
}

// Terms that one process gives rise whatever it sees and whatever the clock does.
func TestTermsOnlyRise(t *testing.T) {
	var m memory
	last := Term(0)
	for i, ahead := range []time.Duration{0, -time.Hour, -20 * time.Hour, time.Hour, 0, -23 * time.Hour} {
		s := seeing(last)
		if i%2 == 1 {
			s = seeing(0) // Redis lost its memory
		}
		term, _, err := m.nextTerm(s, skewed(ahead))
		if err != nil || term <= int64(last) {
			t.Fatalf("term %d after %d, %v", term, last, err)
		}
		last = Term(term)
		m.remember(seeing(Term(term)))
	}
}

func TestMemoryKeepsTheLargest(t *testing.T) {
	var m memory
	for _, r := range []record.Record{
		{Status: record.Led, Term: 9, Lease: 3 * time.Second},
		{Status: record.Quarantined, Term: 4, Lease: 20 * time.Second},
		{Status: record.Vacant, Term: 7, Lease: 2 * time.Second},
	} {
		r.Nonce, r.ID = aNonce, "-"
		m.remember(register.NewObservation(true, r.String()))
	}
	if m.term != 9 || m.longestLease() != 20*time.Second || !m.everSeen() {
		t.Errorf("remembers %+v", &m)
	}
}

// A Conn that serves names that come and go forgets those that nobody has asked for within
// the longest lease that there is, and no other.
func TestNamesAreForgotten(t *testing.T) {
	var n names
	at := func(d time.Duration) heartbeat.Instant { return heartbeat.Instant{Mono: d} }
	busy, recent := n.of("busy", at(0)), n.of("recent", at(0))
	busy.use(at(0), 1)
	for i := range 2 * fewNames {
		n.of(fmt.Sprint("tenant-", i), at(0))
	}
	n.of("recent", at(time.Hour))
	for i := range 2 * fewNames {
		n.of(fmt.Sprint("later-", i), at(heartbeat.MaxLease+time.Minute))
	}
	if n.of("busy", at(0)) != busy || n.of("recent", at(0)) != recent {
		t.Error("a name was forgotten too soon")
	}
	if got, want := len(n.known), 2*fewNames+2; got != want {
		t.Errorf("%d names are known, want %d", got, want)
	}
}

// FuzzNextTerm has a candidate choose a term after whatever a look shows.
func FuzzNextTerm(f *testing.F) {
	const rec = "1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - -"
	f.Add(true, rec, int64(1763692999), int64(120000))
	f.Add(false, "", int64(1763692999), int64(120000))
	f.Add(true, strings.Repeat("x", 1025), int64(1), int64(1))                                     // too long
	f.Add(true, rec, int64(9223372036854775807), int64(9223372036854775807))                       // an odd clock
	f.Add(true, rec, int64(-62135596800), int64(-1))                                               // another
	f.Add(true, "1 V 9007194959773696 0 2000 - AAAABBBBCCCCDDDD - -", int64(1763692999), int64(1)) // the highest term
	f.Add(true, "1 L 1 0 1000 0A 0000000000000000 0", int64(0), int64(0))                          // a server in 1970
	f.Fuzz(func(t *testing.T, present bool, bytes string, seconds, micros int64) {
		s := register.NewObservation(present, bytes)
		s.Server = time.Unix(seconds, micros*int64(time.Microsecond))
		checkTerm(t, s)
	})
}

// checkTerm has a candidate choose the next term from what it saw.
func checkTerm(t *testing.T, s register.Observation) {
	t.Helper()
	now := time.Duration(1_763_692_999_000_000_000)
	m := &memory{}
	m.remember(s)
	term, _, err := m.nextTerm(s, clocks{s.Server, now})
	if err != nil {
		if !Permanent(err) {
			t.Errorf("%+v: %v is not permanent", s, err)
		}
		return
	}
	if term < 1 || term > record.MaxTerm || s.Readable() && term <= s.Rec.Term {
		t.Errorf("after %+v comes term %d", s, term)
	}
	if off := s.Server.Sub(time.Unix(0, int64(now))).Abs(); off <= 24*time.Hour && s.Server.UnixMilli() > term {
		t.Errorf("term %d is below the server's time %v", term, s.Server)
	}
	var j heartbeat.Judge
	if s.Readable() && !j.Observe(s.Rec.Sign(s.Bytes), s.Sent, s.Received) {
		t.Errorf("%+v is no news to a judge", s)
	}
}
