// Package terms says which terms a context works in, for the fences that keep a highest term:
// terms of one election can be compared with each other, and so can those of one space of
// locks. Nothing else can.
package terms

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// Max is the highest term that there can be: a higher one would lock everybody out.
const Max = election.Term(record.MaxTerm)

// MaxText is how many bytes a resource or a key may have. It fits into an index of every
// database.
const MaxText = 512

// An Owner is an election or a space of locks: what terms belong to. Its name is as in its
// Config; with a Prefix of its own it is "<prefix>{<name>}", since the same name with another
// prefix has other terms.
type Owner struct {
	Name  string
	Space bool
}

const (
	defaultKey  = register.DefaultPrefix + "{"
	spaceSuffix = ":space" // of the hash of a space
	spaceWord   = "space:"
)

// ownerOf is the owner of what a holder holds.
func ownerOf(h register.Holder) Owner {
	o := Owner{Name: h.Place.Key, Space: h.Seat != ""}
	if o.Space {
		o.Name = strings.TrimSuffix(o.Name, spaceSuffix)
	}
	if inner, ok := strings.CutPrefix(o.Name, defaultKey); ok {
		o.Name = strings.TrimSuffix(inner, "}")
	}
	return o
}

// StoreName is the name under which a store keeps the highest terms: that of the election, or
// "space:" and that of the space. No two owners have the same.
func (o Owner) StoreName() string {
	switch {
	case o.Space:
		return spaceWord + o.Name
	case strings.HasPrefix(o.Name, spaceWord): // an election that is called like a space
		return defaultKey + o.Name + "}"
	}
	return o.Name
}

// String is the owner in a sentence.
func (o Owner) String() string {
	if o.Space {
		return fmt.Sprintf("the space %q", o.Name)
	}
	return fmt.Sprintf("the election %q", o.Name)
}

// Holder is what packages of this module find in the context of a request that brought a
// term: there is no grant that a script could check.
func (o Owner) Holder(term election.Term) register.Holder {
	h := register.Holder{Place: register.Place{Key: o.Name}, Arrived: true}
	if !strings.Contains(o.Name, "{") {
		h.Place = register.NewPlace(register.DefaultPrefix, o.Name, 0)
	}
	if o.Space {
		h.Place.Key += spaceSuffix
		h.Seat = "-"
	}
	h.Grant.Term = int64(term)
	return h
}

// From returns the innermost term that ctx works in, and whose it is. Errors are
// [fence.ErrNoTerm], and the cause of a ctx that has ended.
func From(ctx context.Context) (Owner, election.Term, error) {
	h, ok := register.HolderFrom(ctx)
	if !ok || h.Grant.Term <= 0 {
		return Owner{}, 0, fmt.Errorf("%w: give the context of elected work or of a lock's, or one derived from it", fence.ErrNoTerm)
	}
	return ownerOf(h), election.Term(h.Grant.Term), Ended(ctx)
}

// Ended returns the cause of a ctx that has ended, or whose term has, and else nil.
func Ended(ctx context.Context) error {
	err := election.ContextErr(ctx)
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err // of a context that ends later than the term
}

// CheckText refuses a name of a resource, or a key, that some store cannot keep. What says
// what it is.
func CheckText(what, text string) error {
	switch {
	case text == "":
		return fmt.Errorf("%w: %s is empty: give it a name", election.ErrConfig, what)
	case len(text) > MaxText:
		return fmt.Errorf("%w: %s has %d bytes: give at most %d, a hash of it for instance", election.ErrConfig, what, len(text), MaxText)
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return fmt.Errorf("%w: %s %q is no text: give valid UTF-8 without zero bytes", election.ErrConfig, what, text)
	}
	return nil
}

// CheckTerm refuses a number that is no term.
func CheckTerm(term election.Term) error {
	switch {
	case term <= 0:
		return fmt.Errorf("%w: %d is no term", fence.ErrNoTerm, term)
	case term > Max:
		return fmt.Errorf("%w: the term %d is above %d, the highest that there is", election.ErrConfig, term, Max)
	}
	return nil
}
