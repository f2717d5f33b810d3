package election

import (
	"strconv"
	"time"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
)

// place is where an election lives: a key, and the channels on which hints are
// published. The braces are the hash tag of clusters.
type place struct {
	key    string
	suffix string  // of channels: they know no databases, so other than 0 are named
	memory learner // of what answers show; nil: nobody wants to know
}

// A learner takes in what answers show, also those that nobody waits for any more.
type learner interface {
	Remember(s sighting)
}

// newPlace is where the election of that name lives.
func newPlace(prefix, name string, database int) place {
	p := place{key: prefix + "{" + name + "}"}
	if database != 0 {
		p.suffix = ":" + strconv.Itoa(database)
	}
	return p
}

// records is where every record is published that all must know of.
func (p place) records() string { return p.key + ":records" + p.suffix }

// leader is where the leader listens.
func (p place) leader() string { return p.key + ":leader" + p.suffix }

// waiter is where the waiting candidate with that token listens.
func (p place) waiter(token string) string { return p.key + ":waiter:" + token + p.suffix }

// A request is a look, with a note perhaps, or a compare-and-set.
type request struct {
	place place
	swap  *swap // nil: a look
	note  note  // of a look

	leaves bool // who asks goes when it is answered
}

// learn remembers what became of the request.
func (q request) learn(r reply) {
	if r.err == nil && q.place.memory != nil {
		q.place.memory.Remember(r.sighting)
	}
}

// A swap is one compare-and-set.
type swap struct {
	expect contents
	next   string
	rec    record.Record // what next says, if the caller knows: then an answer that shows it is not parsed
	heirs  []string      // channels that are told first, and alone if somebody hears it there
}

// swapTo returns a swap for a record.
func swapTo(expect contents, next record.Record, heirs ...string) *swap {
	return &swap{expect: expect, next: next.String(), rec: next, heirs: heirs}
}

// A note is a hint that the script of a look publishes. It is no command of its own:
// in a cluster that would go to any node, and one that hangs would hold up the look.
type note struct{ channel, text string }

// contents is what a key holds: nothing, or bytes.
type contents struct {
	present bool
	bytes   string
}

// A reply is what became of a request; with an error nothing is known.
type reply struct {
	sighting
	err error
}

// A sighting is what an answer showed. Every answer is one, also that of a CAS:
// the record in it is judged, never a result code.
type sighting struct {
	contents
	rec      record.Record
	foreign  error     // why the bytes are no record
	server   time.Time // the server's time; zero if the answer did not tell
	sent     heartbeat.Instant
	received heartbeat.Instant
	unheard  string // why the hint of a CAS was not published
}

// readable reports whether there is a record.
func (s sighting) readable() bool { return s.present && s.foreign == nil }

// roundTrip is how long the answer took; zero for a push.
func (s sighting) roundTrip() time.Duration {
	if s.sent == (heartbeat.Instant{}) {
		return 0
	}
	return max(0, s.received.Mono-s.sent.Mono)
}

func newSighting(present bool, bytes string) sighting {
	s := sighting{contents: contents{present: present, bytes: bytes}}
	if present {
		s.rec, s.foreign = record.Parse(bytes)
	}
	return s
}
