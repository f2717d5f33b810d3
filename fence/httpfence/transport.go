package httpfence

import (
	"errors"
	"net/http"

	"example.com/incumbent/fence"
	"example.com/incumbent/internal/terms"
)

// Transport returns a transport that adds the header for the term of the request's context,
// and refuses to send when that term has ended: with the cause of the context, or, in work
// that drains, unless the context is that of election.Drain. Default base:
// http.DefaultTransport. Requests of no term are sent without the header.
//
// The term is the innermost of the context, of an election or of a lock. The header goes to
// every server that is asked, also by redirects. Answers are passed on as they are: 412 means
// that the service has seen a later term. It is safe for concurrent use if base is.
func Transport(base http.RoundTripper) http.RoundTripper { return &transport{base} }

type transport struct{ base http.RoundTripper }

// next is who sends.
func (t *transport) next() http.RoundTripper {
	if t.base == nil {
		return http.DefaultTransport
	}
	return t.base
}

// RoundTrip sends a copy of the request: a round tripper must not change it, and closes its
// body in any case.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	owner, term, err := terms.From(req.Context())
	switch {
	case errors.Is(err, fence.ErrNoTerm):
		if _, set := req.Header[Header]; !set {
			return t.next().RoundTrip(req)
		}
		req = req.Clone(req.Context())
		req.Header.Del(Header)
	case err != nil:
		if req.Body != nil {
			_ = req.Body.Close() // the request is not sent, which matters more
		}
		return nil, err
	default:
		req = req.Clone(req.Context())
		if req.Header == nil {
			req.Header = http.Header{}
		}
		req.Header.Set(Header, format(owner, term))
	}
	return t.next().RoundTrip(req)
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the base.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.next().(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
