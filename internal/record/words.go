package record

import "strings"

// fit drops what a record may miss until it fits: the stamp that the server added when
// this record replaced an absent one, then the words of a newer version, the last first.
func (r Record) fit() Record {
	for r.Rest != "" && len(r.String()) > MaxSize {
		r.Rest = dropWord(r.Rest)
	}
	return r
}

// dropWord removes the stamp, or the last word if there is none.
func dropWord(rest string) string {
	words := strings.Split(rest, " ")
	drop := len(words) - 1
	for i, w := range words {
		if isStamp(w) {
			drop = i
		}
	}
	return strings.Join(append(words[:drop:drop], words[drop+1:]...), " ")
}

// isStamp reports whether a word is the server's time, "<seconds>.<microseconds>".
func isStamp(word string) bool {
	seconds, micros, dot := strings.Cut(word, ".")
	return dot && onlyDigits(seconds) && onlyDigits(micros)
}

func onlyDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
