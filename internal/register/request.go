package register

import (
	"strconv"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
)

// Place is where an election lives: a key, and the channels on which notifications are
// published. The braces are the hash tag of clusters.
type Place struct {
	Key    string
	Suffix string // of channels: they know no databases, so other than 0 are named
}

// DefaultPrefix is how keys and channels begin.
const DefaultPrefix = "incumbent:"

// NewPlace is where the election of that name lives.
func NewPlace(prefix, name string, database int) Place {
	p := Place{Key: prefix + "{" + name + "}"}
	if database != 0 {
		p.Suffix = ":" + strconv.Itoa(database)
	}
	return p
}

// Records is where every record is published that all must know of.
func (p Place) Records() string { return p.Key + ":records" + p.Suffix }

// Leader is where the leader listens.
func (p Place) Leader() string { return p.Key + ":leader" + p.Suffix }

// Waiter is where the waiting candidate with that token listens.
func (p Place) Waiter(token string) string { return p.Key + ":waiter:" + token + p.Suffix }

// A Request is a look, with a note perhaps, or a compare-and-set.
type Request struct {
	Place Place
	Swap  *Swap // nil: a look
	Note  Note  // of a look

	Leaves bool // who asks goes when it is answered
}

// A Swap is one compare-and-set.
type Swap struct {
	Expect      Contents
	Next        string
	Rec         record.Record // what next says, if the caller knows: then an answer that shows it is not parsed
	NotifyFirst []string      // channels that are notified first, and alone if somebody listens there
}

// SwapTo returns a swap for a record.
func SwapTo(expect Contents, next record.Record, notifyFirst ...string) *Swap {
	return &Swap{Expect: expect, Next: next.String(), Rec: next, NotifyFirst: notifyFirst}
}

// A Note is a notification that the script of a look publishes. It is no command of its own:
// in a cluster that would go to any node, and one that hangs would hold up the look.
type Note struct{ Channel, Text string }

// Contents is what a key holds: nothing, or bytes.
type Contents struct {
	Present bool
	Bytes   string
}

// A Reply is what became of a request; with an error nothing is known.
type Reply struct {
	Observation
	Err error
}

// An Observation is what an answer showed. Every answer is one, also that of a CAS:
// the record in it is judged, never a result code.
type Observation struct {
	Contents
	Rec        record.Record
	Foreign    error     // why the bytes are no record
	Server     time.Time // the server's time; zero if the answer does not say
	Sent       heartbeat.Instant
	Received   heartbeat.Instant
	PublishErr string // why the notification of a CAS was not published
}

// Readable reports whether there is a record.
func (s Observation) Readable() bool { return s.Present && s.Foreign == nil }

// RoundTrip is how long the answer took; zero for a notification.
func (s Observation) RoundTrip() time.Duration {
	if s.Sent == (heartbeat.Instant{}) {
		return 0
	}
	return max(0, s.Received.Since(s.Sent))
}

// NewObservation reads what a key holds.
func NewObservation(present bool, bytes string) Observation {
	s := Observation{Contents: Contents{Present: present, Bytes: bytes}}
	if present {
		s.Rec, s.Foreign = record.Parse(bytes)
	}
	return s
}
