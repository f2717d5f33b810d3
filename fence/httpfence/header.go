package httpfence

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/terms"
)

// Header carries term and election, as in: 1795241018539; election="nightly". It is an Item
// of RFC 9651 with exactly one parameter, election or space. Terms of more than 15 digits, as
// those of locks are, do not fit into an Integer there and are a String of digits:
// "1795241018539000"; space="orders".
const Header = "Fencing-Term"

// maxDigits is how long an Integer may be (RFC 9651, section 3.3.1).
const maxDigits = 15

const (
	electionParam = "election"
	spaceParam    = "space"
)

// format writes the header.
func format(o terms.Owner, term election.Term) string {
	number := strconv.FormatInt(int64(term), 10)
	if len(number) > maxDigits {
		number = `"` + number + `"`
	}
	param := electionParam
	if o.Space {
		param = spaceParam
	}
	return number + "; " + param + `="` + o.Name + `"` // names have no character that needs an escape
}

var errMalformed = errors.New(`write it as 1795241018539; election="nightly", or with space for the term of a lock`)

// parse reads the header: the subset of RFC 9651 that [Header] describes. What else an Item
// may be is refused, since it may mean what this version does not know.
func parse(text string) (terms.Owner, election.Term, error) {
	fail := func(what string) (terms.Owner, election.Term, error) {
		return terms.Owner{}, 0, fmt.Errorf("%s: %w", what, errMalformed)
	}
	item, rest, found := strings.Cut(strings.Trim(text, " "), ";")
	if !found {
		return fail("it names no election")
	}
	term, ok := parseTerm(item)
	if !ok {
		return fail("it begins with no number of a term")
	}
	if terms.CheckTerm(term) != nil {
		return fail("its term is not between 1 and " + strconv.FormatInt(int64(terms.Max), 10))
	}
	param, value, _ := strings.Cut(strings.TrimLeft(rest, " "), "=")
	if param != electionParam && param != spaceParam {
		return fail("its parameter is neither election nor space")
	}
	name, ok := unquote(value)
	if !ok || name == "" {
		return fail("its parameter is no name in quotes, or another follows")
	}
	return terms.Owner{Name: name, Space: param == spaceParam}, term, nil
}

// parseTerm reads an Integer, or a String of more digits than that may have.
func parseTerm(item string) (election.Term, bool) {
	digits := item
	if text, quoted := unquote(item); quoted {
		digits = text
	} else if len(item) > maxDigits {
		return 0, false
	}
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	term, err := strconv.ParseInt(digits, 10, 64)
	return election.Term(term), err == nil
}

// unquote reads a String of RFC 9651, section 4.2.5, in which nothing need be escaped.
func unquote(text string) (string, bool) {
	if len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' {
		return "", false
	}
	text = text[1 : len(text)-1]
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return "", false
		}
	}
	return text, true
}
