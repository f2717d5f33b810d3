// Package space keeps the locks of a space in Redis: the fields of its one hash, the scripts
// that change them, what these answer, and what follows from an answer. It starts nothing.
package space

import (
	"strconv"

	"example.com/incumbent/internal/register"
)

// A Place is where a space lives: a hash, channels below it, and the results of Once beside
// it. All of that is in one slot.
type Place struct {
	Key    string // of the hash
	Suffix string // of channels: they know no databases, so other than 0 are named

	base string // prefix and tag
}

// NewPlace is where the space of that name lives.
func NewPlace(prefix, name string, database int) Place {
	base := prefix + "{" + name + "}"
	p := Place{Key: base + ":space", base: base}
	if database != 0 {
		p.Suffix = ":" + strconv.Itoa(database)
	}
	return p
}

// Register is the place as other packages know one.
func (p Place) Register() register.Place { return register.Place{Key: p.Key, Suffix: p.Suffix} }

// Channel is where a session listens.
func (p Place) Channel(sid string) string { return p.Key + ":" + sid + p.Suffix }

// Once is where the result of a key is.
func (p Place) Once(key string) string { return p.base + ":once:" + key }

// OnceLock is the lock of a key of Once. It is no name that a caller can lock.
func OnceLock(key string) string { return "#" + key }

// MaxName is how long a name may be.
const MaxName = 128

// IsName reports whether a caller may lock a name: 1 to 128 characters of A-Z a-z 0-9 . _ : /
// - and @.
func IsName(name string) bool {
	if len(name) == 0 || len(name) > MaxName {
		return false
	}
	for i := range len(name) {
		if !isNameByte(name[i]) {
			return false
		}
	}
	return true
}

func isNameByte(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '-' && c <= ':', c == '_', c == '@': // - . / 0-9 :
		return true
	}
	return false
}
