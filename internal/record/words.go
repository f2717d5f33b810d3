package record

import "strings"

// The words behind meta are kept as they were read, since a compare-and-set must expect
// exactly the bytes that stand in Redis. What this version knows is read from them when it
// is asked for.

// How a word of a pause begins.
const (
	pauseWord  = "p="  // the end
	reasonWord = "pr=" // who paused, and why
)

// words splits what stands behind meta.
func words(rest string) []string {
	if rest == "" {
		return nil
	}
	return strings.Split(rest, " ")
}

// fit makes the record short enough: the reason of a pause is shortened first, and dropped
// if nothing is left of it. Then goes the stamp that the server added when this record
// replaced an absent one, then the words of a newer version, the last first. The end of a
// pause stays.
func (r Record) fit() Record {
	if r.Rest == "" { // as nearly always, and writing the record takes time
		return r
	}
	r = r.fitReason(MaxSize)
	for r.Rest != "" && len(r.String()) > MaxSize {
		all := words(r.Rest)
		drop := spare(all)
		if drop < 0 {
			break
		}
		r.Rest = strings.Join(without(all, drop), " ")
	}
	return r
}

// fitReason shortens reasons until the record fits into that size.
func (r Record) fitReason(size int) Record {
	all := words(r.Rest)
	for i := 0; i < len(all); i++ {
		over := len(r.String()) - size
		if over <= 0 {
			break
		}
		if !strings.HasPrefix(all[i], reasonWord) {
			continue
		}
		if all[i] = shortenReason(all[i], over); all[i] == "" {
			all = without(all, i)
			i--
		}
		r.Rest = strings.Join(all, " ")
	}
	return r
}

// spare is the word to drop next: the stamp, or else the last that is no pause; -1 if there
// is none.
func spare(all []string) int {
	last := -1
	for i, w := range all {
		switch {
		case isStamp(w):
			return i
		case !strings.HasPrefix(w, pauseWord):
			last = i
		}
	}
	return last
}

func without(all []string, i int) []string { return append(all[:i:i], all[i+1:]...) }

// isStamp reports whether a word is the server's time, "<seconds>.<microseconds>".
func isStamp(word string) bool {
	seconds, micros, dot := strings.Cut(word, ".")
	return dot && onlyDigits(seconds) && onlyDigits(micros)
}

func onlyDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
