package httpfence

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/terms"
)

// Config configures a Middleware.
type Config struct {
	// Election is the one whose leader may call, or Space the lock space whose holders
	// may. One of the two is needed. If its Config has a Prefix, write
	// "<prefix>{<name>}", as the header does.
	Election, Space string
	// Store keeps the highest terms, such as InRedis or sqlfence.Dialect.Store. Default: memory
	// of this process, which is enough for one server that never restarts. It holds 10,000
	// resources and refuses more.
	Store Store
	// Resource names what a request writes to, in 1 to 512 bytes. Default, also if it is
	// empty: one resource for all, "all". The highest term of each is kept for ever, so do
	// not take what a caller can choose freely.
	Resource func(*http.Request) string
}

// A Store keeps the highest term of each resource. It is safe for concurrent use.
type Store interface {
	// Raise records a term for a resource of an election and returns the highest; a lower
	// one is a fence.Error. For a space of locks the name is "space:" and that of the space.
	Raise(ctx context.Context, name, resource string, term election.Term) (highest election.Term, err error)
}

// Middleware lets a request pass if its term is not below the highest. The handler finds
// the term with election.TermFrom, so sqlfence works there, and fence.At. Else it answers 428
// if the header is missing, 400 if it is malformed or of another election, 412 with the
// highest term if it is older, and 503 if the store fails, which it logs to slog.Default.
// Without Election and Space, with both, or without next it panics.
//
// The context of the handler ends with the request: the server does not learn of the end of
// the term. The middleware is safe for concurrent use, and blocks as long as the store does.
func Middleware(cfg Config, next http.Handler) http.Handler {
	if err := cfg.check(); err != nil {
		panic(err)
	}
	if next == nil {
		panic(fmt.Errorf("%w: httpfence: the handler is nil", election.ErrConfig))
	}
	m := &middleware{terms.Owner{Name: cfg.Election}, cfg.Store, cfg.Resource, next}
	if cfg.Space != "" {
		m.owner = terms.Owner{Name: cfg.Space, Space: true}
	}
	if m.store == nil {
		m.store = newMemory()
	}
	if m.resource == nil {
		m.resource = func(*http.Request) string { return "" }
	}
	return m
}

var nameForm = regexp.MustCompile(`^([A-Za-z0-9._:/-]{1,128}|[A-Za-z0-9._:/-]{1,64}\{[A-Za-z0-9._:/-]{1,128}\})$`)

func (c Config) check() error {
	name := c.Election + c.Space
	switch {
	case c.Election == "" && c.Space == "":
		return fmt.Errorf("%w: httpfence: name the Election whose leader may call, or the Space of locks", election.ErrConfig)
	case c.Election != "" && c.Space != "":
		return fmt.Errorf("%w: httpfence: Election %q and Space %q: their terms cannot be compared, name one", election.ErrConfig, c.Election, c.Space)
	case !nameForm.MatchString(name) || strings.HasPrefix(name, register.DefaultPrefix+"{"):
		return fmt.Errorf("%w: httpfence: %q is no name: write it as in its Config, or <prefix>{<name>} if that has a Prefix", election.ErrConfig, name)
	}
	return nil
}

type middleware struct {
	owner    terms.Owner
	store    Store
	resource func(*http.Request) string
	next     http.Handler
}

// everything is the resource of a middleware that tells none apart.
const everything = "all"

// ServeHTTP lets a request pass, or answers it.
func (m *middleware) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	lines := r.Header.Values(Header)
	if len(lines) == 0 {
		http.Error(w, "the header "+Header+" is missing: "+errMalformed.Error(), http.StatusPreconditionRequired)
		return
	}
	term, err := m.read(strings.Join(lines, ", "))
	if err != nil {
		http.Error(w, "the header "+Header+" is wrong: "+err.Error(), http.StatusBadRequest)
		return
	}
	resource := cmp.Or(m.resource(r), everything)
	if err := terms.CheckText("the resource", resource); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, err = m.store.Raise(r.Context(), m.owner.StoreName(), resource, term)
	var refused *fence.Error
	switch {
	case errors.As(err, &refused):
		w.Header().Set(Header, format(m.owner, refused.Highest))
		http.Error(w, err.Error(), http.StatusPreconditionFailed)
	case err != nil:
		slog.ErrorContext(r.Context(), "httpfence: the store failed, a request is refused", "resource", resource, "term", term, "error", err)
		http.Error(w, "the highest term is not known now: try again", http.StatusServiceUnavailable)
	default:
		m.next.ServeHTTP(w, r.WithContext(arrive(r.Context(), m.owner, term)))
	}
}

// read reads the header, and refuses that of another owner.
func (m *middleware) read(text string) (election.Term, error) {
	owner, term, err := parse(text)
	switch {
	case err != nil:
		return 0, err
	case owner != m.owner:
		return 0, fmt.Errorf("it is of %v, and terms of %v are taken here", owner, m.owner)
	}
	return term, nil
}
