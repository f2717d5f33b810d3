package schedule

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An entry is what the ledger keeps of one job:
//
//	1 <seq> <cursor> <next> <cal> <state> <due> <attempt> <term> <started> <again> <dropped> <seen> <pause> <ask> <text>
//
// ASCII, separated by single spaces, at most 512 bytes. Times are milliseconds of the
// server's clock, but for those of runs that are asked for, which are microseconds.
type entry struct {
	seq     int64  // rises with every write; a first entry takes the server's time, so that it is above those that were lost
	cursor  int64  // the latest due time that was decided: started or dropped. It never decreases
	next    int64  // the due time after cursor, for who has no calendar; 0: none
	cal     string // identifies the calendar
	state   byte
	run     runOf // of the last run; meaningful while the state is not idle
	started int64
	again   int64 // the state is owed: not before
	dropped int64 // due times dropped since the run before
	seen    int64 // the day on which a leader last declared the job
	gone    bool  // a leader does not declare it
	pause   pause
	ask     ask
	text    string // the calendar, for people
}

// The states of a job.
const (
	idle    = '-' // nothing was started that is not over
	running = 'R' // a run was started
	owed    = 'W' // a run failed or was interrupted, and is tried again
)

// runOf says what a run is for.
type runOf struct {
	due     int64 // 0 if the run was asked for
	asked   int64 // microseconds; 0 if it was due
	attempt int64
	term    int64 // that claimed it; of an entry without a run: that began it
}

// at is the time in milliseconds for which the run was.
func (r runOf) at() int64 {
	if r.asked != 0 {
		return r.asked / 1000
	}
	return r.due
}

// pause drops due times until a time; a pause that is over counts until the leader has seen
// it, since its end says which due times it dropped.
type pause struct {
	set   bool
	until int64 // 0: until it is resumed
	why   string
}

// active reports whether the job is paused at that time.
func (p pause) active(now int64) bool { return p.set && (p.until == 0 || p.until > now) }

// ask is a request for one run.
type ask struct {
	at  int64 // microseconds; 0: none
	why string
}

const (
	version   = "1"
	entrySize = 512 // bytes
	lineSize  = 320 // bytes
	maxNumber = 1<<53 - 1
	whyRoom   = 57 // bytes of text
	calRoom   = 96
	day       = 24 * 60 * 60 * 1000 // ms
)

var (
	errVersion = errors.New("it is of another version")
	errForm    = errors.New("it cannot be read")
)

var encoding = base64.RawURLEncoding.Strict()

// calID identifies a calendar in an entry.
func calID(calendar string) string {
	sum := sha256.Sum256([]byte(calendar))
	return encoding.EncodeToString(sum[:9])
}

// String writes the entry.
func (e entry) String() string {
	b := make([]byte, 0, entrySize)
	b = append(b, version...)
	b = appendNumbers(b, e.seq, e.cursor, e.next)
	b = append(append(b, ' '), e.cal...)
	b = append(b, ' ', e.state, ' ')
	b = e.run.appendDue(b)
	b = appendNumbers(b, e.run.attempt, e.run.term, e.started, e.again, e.dropped)
	b = append(b, ' ')
	if e.gone {
		b = append(b, 'u')
	}
	b = strconv.AppendInt(b, e.seen, 10)
	b = append(b, ' ')
	if e.pause.set {
		b = appendReason(b, e.pause.until, e.pause.why)
	} else {
		b = append(b, '-')
	}
	b = append(b, ' ')
	if e.ask.at != 0 {
		b = appendReason(b, e.ask.at, e.ask.why)
	} else {
		b = append(b, '-')
	}
	b = append(b, ' ')
	return string(appendText(b, cut(e.text, calRoom)))
}

// appendDue writes what a run is for.
func (r runOf) appendDue(b []byte) []byte {
	if r.asked != 0 {
		return strconv.AppendInt(append(b, '@'), r.asked, 10)
	}
	return strconv.AppendInt(b, r.due, 10)
}

func appendNumbers(b []byte, numbers ...int64) []byte {
	for _, n := range numbers {
		b = strconv.AppendInt(append(b, ' '), n, 10)
	}
	return b
}

func appendReason(b []byte, at int64, why string) []byte {
	b = strconv.AppendInt(b, at, 10)
	if why != "" {
		b = encoding.AppendEncode(append(b, ','), []byte(cut(why, whyRoom)))
	}
	return b
}

func appendText(b []byte, text string) []byte {
	if text == "" {
		return append(b, '-')
	}
	return encoding.AppendEncode(b, []byte(text))
}

// cut shortens a text to at most n bytes, between characters.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// parseEntry reads an entry. It accepts what String writes, and nothing else: errVersion for
// what begins with another version, errForm for the rest.
func parseEntry(text string) (entry, error) {
	fields := strings.Split(text, " ")
	if v := fields[0]; v != version {
		if n, err := strconv.ParseUint(v, 10, 32); err == nil && n > 1 && strconv.FormatUint(n, 10) == v {
			return entry{}, errVersion
		}
		return entry{}, errForm
	}
	if len(fields) != 16 || len(text) > entrySize {
		return entry{}, errForm
	}
	p := parser{fields: fields[1:]}
	e := entry{seq: p.number(), cursor: p.number(), next: p.number(), cal: p.word(), state: p.letter()}
	e.run = p.due()
	e.run.attempt, e.run.term = p.number(), p.number()
	e.started, e.again, e.dropped = p.number(), p.number(), p.number()
	e.gone = p.prefix("u")
	e.seen = p.number()
	e.pause.until, e.pause.why, e.pause.set = p.reason()
	var asked bool
	e.ask.at, e.ask.why, asked = p.reason()
	e.text = p.text()
	if p.bad || asked != (e.ask.at != 0) || !e.valid() || e.String() != text { // one way to write it
		return entry{}, errForm
	}
	return e, nil
}

func (e entry) valid() bool {
	return e.seq > 0 && len(e.cal) == 12 && (e.state == idle || e.state == running || e.state == owed) && (e.run.asked == 0 || e.run.due == 0)
}

// A parser takes fields one after the other.
type parser struct {
	fields []string
	bad    bool
}

func (p *parser) word() string {
	if len(p.fields) == 0 {
		p.bad = true
		return ""
	}
	w := p.fields[0]
	p.fields = p.fields[1:]
	return w
}

func (p *parser) number() int64 { return p.parse(p.word()) }

func (p *parser) parse(w string) int64 {
	n, err := strconv.ParseInt(w, 10, 64)
	if err != nil || n < 0 || n > maxNumber {
		p.bad = true
	}
	return n
}

func (p *parser) letter() byte {
	w := p.word()
	if len(w) != 1 {
		p.bad = true
		return 0
	}
	return w[0]
}

// prefix takes a prefix off the next field.
func (p *parser) prefix(of string) bool {
	if len(p.fields) == 0 || !strings.HasPrefix(p.fields[0], of) {
		return false
	}
	p.fields[0] = p.fields[0][len(of):]
	return true
}

func (p *parser) due() (r runOf) {
	if p.prefix("@") {
		r.asked = p.number()
		p.bad = p.bad || r.asked == 0
	} else {
		r.due = p.number()
	}
	return r
}

func (p *parser) reason() (at int64, why string, set bool) {
	w := p.word()
	if w == "-" {
		return 0, "", false
	}
	number, encoded, has := strings.Cut(w, ",")
	at = p.parse(number)
	if has {
		why = p.decode(encoded)
	}
	return at, why, true
}

func (p *parser) text() string {
	if w := p.word(); w != "-" {
		return p.decode(w)
	}
	return ""
}

func (p *parser) decode(w string) string {
	text, err := encoding.DecodeString(w)
	if err != nil || len(text) == 0 {
		p.bad = true
	}
	return string(text)
}
