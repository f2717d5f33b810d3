package record

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A Pause says that the work of an election is held back, and until when. The zero Pause
// is none. Two are equal if they are the same to everybody.
type Pause struct {
	Paused bool
	Until  int64  // the server's time in ms; 0: until somebody resumes
	By     string // who paused, shortened
	Reason string // and why, shortened
}

const (
	maxReason = 80 // characters of the encoded word: who and why
	maxBy     = 24 // bytes of who, where both do not fit

	// roomBehind stays free behind a reason: for beats that grow, since a version that
	// knows no pause drops all words of a record that would outgrow the limit, and over
	// absence for the server's stamp.
	roomBehind = 34
)

// Pause reads the pause of the record. Of words that are malformed or come again the first
// good one counts.
func (r Record) Pause() Pause {
	if !strings.Contains(r.Rest, pauseWord) { // as nearly always
		return Pause{}
	}
	var p Pause
	var text string
	for _, w := range words(r.Rest) {
		if until, is := strings.CutPrefix(w, pauseWord); is && !p.Paused {
			p.Until, p.Paused = ParseNumber(until, 0, MaxTerm)
		}
		if why, is := strings.CutPrefix(w, reasonWord); is && text == "" {
			text, _ = parseReason(why)
		}
	}
	if !p.Paused {
		return Pause{}
	}
	p.By, p.Reason = splitReason(text)
	return p
}

// IsPaused reports whether there is a pause.
func (r Record) IsPaused() bool { return r.Pause().Paused }

// WithPause returns the record with that pause instead of its own, and with room for what
// is written after it. The beat stays.
func (r Record) WithPause(p Pause) Record {
	var kept []string
	for _, w := range words(r.Rest) {
		if !strings.HasPrefix(w, pauseWord) && !strings.HasPrefix(w, reasonWord) {
			kept = append(kept, w)
		}
	}
	if p.Paused {
		kept = append(kept, pauseWord+strconv.FormatInt(p.Until, 10))
		if text := p.text(); text != "" {
			kept = append(kept, reasonWord+encoding.EncodeToString([]byte(text)))
		}
	}
	r.Rest = strings.Join(kept, " ")
	return r.fitReason(MaxSize - roomBehind).fit()
}

// IsOver reports whether the pause has ended by the server's time.
func (p Pause) IsOver(server time.Time) bool {
	return !p.Paused || p.Until != 0 && server.UnixMilli() >= p.Until
}

// End is when the pause ends, by the server's time; zero: not by itself.
func (p Pause) End() time.Time {
	if !p.Paused || p.Until == 0 {
		return time.Time{}
	}
	return time.UnixMilli(p.Until)
}

// text is who paused and why, in two lines, as short as it must be.
func (p Pause) text() string {
	room := encoding.DecodedLen(maxReason)
	by, why := strings.ReplaceAll(p.By, "\n", " "), p.Reason
	if len(by)+1+len(why) > room {
		by = cut(by, max(maxBy, room-1-len(why)))
	}
	why = cut(why, room-1-len(by))
	if by == "" && why == "" {
		return ""
	}
	return by + "\n" + why
}

// cut takes what is too long off a text, at the end of a character.
func cut(s string, size int) string {
	if len(s) <= size {
		return s
	}
	for size > 0 && !utf8.RuneStart(s[size]) {
		size--
	}
	return s[:size]
}

func splitReason(text string) (by, why string) {
	by, why, lines := strings.Cut(text, "\n")
	if !lines { // of another version
		return "", by
	}
	return by, why
}

func parseReason(s string) (text string, ok bool) {
	b, err := encoding.DecodeString(s) // which skips line breaks, but there are none in a word
	if err != nil || s == "" || len(s) > maxReason {
		return "", false
	}
	return string(b), true
}

// shortenReason takes at least that many characters off the word; empty if nothing is left
// of it.
func shortenReason(word string, characters int) string {
	text, ok := parseReason(strings.TrimPrefix(word, reasonWord))
	size := encoding.DecodedLen(len(word) - len(reasonWord) - characters)
	if !ok || size <= 0 {
		return ""
	}
	if text = cut(text, size); text == "" {
		return ""
	}
	return reasonWord + encoding.EncodeToString([]byte(text))
}
