package redisurl

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A list is a text, taken apart: what holds for all addresses, as it was written,
// and the addresses.
type list struct {
	scheme string
	user   string // user:password@, or empty
	rest   string // path and options, or empty
	hosts  []string
}

var (
	// nextURL is where the next URL of a list begins, behind its comma.
	nextURL = regexp.MustCompile(`,([A-Za-z0-9._-]+=)?[A-Za-z]+://`)
	named   = regexp.MustCompile(`^[A-Za-z0-9._-]+=[A-Za-z]+://`)
)

// hostForm is a name or an address, and a port.
var hostForm = regexp.MustCompile(`^(\[[^\[\]]+\]|[^\[\]:@,]*)(:[0-9]*)?$`)

// cut takes a text apart.
func cut(text string) (list, error) {
	var all list
	for i, piece := range split(text) {
		if named.MatchString(piece) {
			return list{}, ErrQuorum
		}
		one, err := cutURL(piece)
		if err != nil {
			return list{}, err
		}
		if i == 0 {
			all = one
			continue
		}
		if err := all.add(one); err != nil {
			return list{}, err
		}
	}
	if len(all.hosts) > 1 && (all.scheme == "unix" || slices.Contains(all.hosts, "")) {
		return list{}, ErrURL
	}
	return all, nil
}

// split cuts a text into its URLs.
func split(text string) (urls []string) {
	for {
		next := nextURL.FindStringIndex(text)
		if next == nil {
			return append(urls, text)
		}
		urls, text = append(urls, text[:next[0]]), text[next[0]+1:]
	}
}

// cutURL takes one URL apart, which may have several hosts. Commas in the password,
// the path and the options separate nothing.
func cutURL(text string) (list, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	scheme = strings.ToLower(scheme)
	if !ok || !slices.Contains([]string{"redis", "rediss", "unix"}, scheme) {
		return list{}, ErrURL
	}
	l := list{scheme: scheme}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest, l.rest = rest[:end], rest[end:]
	}
	if l.rest == "/" {
		l.rest = ""
	}
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		l.user, rest = rest[:at+1], rest[at+1:]
		if strings.Contains(l.user[:at], "@") && strings.Contains(l.user, ",") {
			return list{}, ErrDiffer // u:p@a,u:p@b, which a URL takes for a strange password
		}
	}
	l.hosts = []string{rest}
	if scheme != "unix" {
		l.hosts = strings.Split(rest, ",")
	}
	return l, nil
}

// add appends the addresses of another list. What either of them says holds for
// both, unless they contradict each other.
func (l *list) add(other list) error {
	switch {
	case l.scheme != other.scheme,
		l.user != "" && other.user != "" && l.user != other.user,
		l.rest != "" && other.rest != "" && l.rest != other.rest:
		return ErrDiffer
	}
	if l.user == "" {
		l.user = other.user
	}
	if l.rest == "" {
		l.rest = other.rest
	}
	l.hosts = append(l.hosts, other.hosts...)
	return nil
}

// joined returns the URL that go-redis reads: the first address stands in it, the
// others in its options addr.
func (l list) joined() (*url.URL, error) {
	var first *url.URL
	var others []string
	for i, host := range l.hosts {
		u, err := url.Parse(l.scheme + "://" + l.user + host + l.rest)
		if err != nil || u.Fragment != "" || u.Opaque != "" || !hostFits(u) {
			return nil, ErrURL
		}
		if i == 0 {
			first = u
			continue
		}
		others = append(others, address(u))
	}
	q, err := url.ParseQuery(first.RawQuery)
	if err != nil {
		return nil, ErrURL // go-redis would drop what it cannot read
	}
	for _, addr := range q["addr"] {
		u, err := url.Parse("redis://" + addr)
		if err != nil || u.Host != addr || u.Hostname() == "" || !hostFits(u) {
			return nil, ErrURL
		}
	}
	if len(others) > 0 {
		q["addr"] = append(others, q["addr"]...)
		first.RawQuery = q.Encode()
	}
	return first, nil
}

// address is host and port of a URL.
func address(u *url.URL) string {
	if u.Port() == "" {
		return strings.TrimSuffix(u.Host, ":") + ":6379"
	}
	return u.Host
}

// hostFits refuses what url.Parse leaves for whoever dials.
func hostFits(u *url.URL) bool {
	if !hostForm.MatchString(u.Host) {
		return false
	}
	if u.Port() == "" {
		return true
	}
	n, err := strconv.Atoi(u.Port())
	return err == nil && n >= 1 && n <= 65535
}
