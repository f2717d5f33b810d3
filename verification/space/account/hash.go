package account

import (
	"strconv"
	"strings"
)

// Set is told of a field that the server writes, Unset of one that it removes.
func (b *Book) Set(field, value string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case strings.HasPrefix(field, "s:"):
		if !b.alive[field[2:]] {
			b.counts.Sessions++
		}
		b.alive[field[2:]] = true
	case strings.HasPrefix(field, "l:"):
		b.granted(field, value)
	}
	b.note("  %s = %s", field, value)
}

// granted looks at a grant: the seat is free, and the term above every earlier one.
func (b *Book) granted(field, value string) {
	b.counts.Grants++
	sid, _, _ := strings.Cut(b.seats[field], ":")
	if b.seats[field] != "" && b.alive[sid] {
		b.breaks(FromTheLiving, "%s: %s instead of %s", field, value, b.seats[field])
	}
	b.seats[field] = value
	term, _ := strconv.ParseInt(value[strings.LastIndexByte(value, ':')+1:], 10, 64)
	if term <= b.last {
		b.breaks(TermsBack, "%s = %s after term %d", field, value, b.last)
	}
	b.last = max(b.last, term)
}

// Unset is told of a field that the server removes.
func (b *Book) Unset(field string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.note("  %s removed", field)
	delete(b.seats, field)
	if strings.HasPrefix(field, "s:") && b.alive[field[2:]] {
		delete(b.alive, field[2:])
		b.counts.SessionsGone++
	}
}

// Published is told of a publication.
func (b *Book) Published(text string, received bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.note("  publishes %s", text)
	if strings.HasPrefix(text, "! ") {
		b.counts.Pushed++
	}
	if !received {
		b.counts.LeftAlone++
	}
}
