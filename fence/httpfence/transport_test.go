package httpfence_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/incumbent/election"
	"example.com/incumbent/fence/httpfence"
	"example.com/incumbent/lock"
)

// The header has the innermost term, and whose it is. The request that was given stays as it
// is.
func TestTransportAddsTheTerm(t *testing.T) {
	for name, test := range map[string]struct {
		ctx  context.Context
		want string
	}{
		"election":             {leads(t.Context(), "nightly", 1795241018539), `1795241018539; election="nightly"`},
		"prefix of its own":    {holds(t.Context(), "staging:{shop}:space", 1795241018539000), `"1795241018539000"; space="staging:{shop}"`},
		"space":                {holds(t.Context(), "incumbent:{shop}:space", 1795241018539000), `"1795241018539000"; space="shop"`},
		"small term of a lock": {holds(t.Context(), "incumbent:{shop}:space", 7), `7; space="shop"`},
		"innermost":            {leads(holds(t.Context(), "incumbent:{shop}:space", 7), "hourly", 9), `9; election="hourly"`},
		"none":                 {t.Context(), ""},
	} {
		var got []string
		base := function(func(r *http.Request) (*http.Response, error) {
			got = r.Header.Values(httpfence.Header)
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
		})
		for _, before := range []http.Header{{}, {httpfence.Header: {"3", "4"}}, nil} {
			r := httptest.NewRequestWithContext(test.ctx, http.MethodPut, "/", http.NoBody)
			r.Header = before
			count := len(before)
			if _, err := httpfence.Transport(base).RoundTrip(r); err != nil {
				t.Fatal(err)
			}
			if strings.Join(got, ", ") != test.want {
				t.Errorf("%s: the header is %q, want %q", name, got, test.want)
			}
			if len(before) != count || count == 1 && len(before[httpfence.Header]) != 2 {
				t.Errorf("%s: the request was changed to %v", name, before)
			}
		}
	}
}

// A closer notes that it was closed.
type closer struct {
	io.Reader
	closed bool
}

func (c *closer) Close() error { c.closed = true; return nil }

// After the end of the term nothing is sent, the body is closed, and the error is the cause.
// What drains may send.
func TestTransportRefusesAfterTheEnd(t *testing.T) {
	_, rdb := standIn(t)
	sent := 0
	transport := httpfence.Transport(function(func(*http.Request) (*http.Response, error) {
		sent++
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	}))
	send := func(ctx context.Context) (error, bool) {
		c := &closer{Reader: strings.NewReader("body")}
		r, err := http.NewRequestWithContext(ctx, http.MethodPut, "http://service/", c)
		if err != nil {
			t.Fatal(err)
		}
		_, err = transport.RoundTrip(r)
		return err, c.closed
	}
	e, err := election.New(rdb, election.Config{Name: "nightly", Bootstrap: election.BootstrapImmediate})
	if err != nil {
		t.Fatal(err)
	}
	reason := errors.New("the reason")
	caller, stop := context.WithCancelCause(t.Context())
	_ = e.Lead(caller, func(ctx context.Context, _ election.Term) error {
		if err, _ := send(ctx); err != nil || sent != 1 {
			t.Errorf("in the term: %v, sent %d", err, sent)
		}
		stop(reason)
		<-ctx.Done()
		if err, closed := send(ctx); !errors.Is(err, reason) || !closed || sent != 1 {
			t.Errorf("after the end: %v, body closed %v, sent %d", err, closed, sent)
		}
		if err, closed := send(context.WithoutCancel(ctx)); err == nil || !closed || sent != 1 {
			t.Errorf("in a context that lasts longer: %v, body closed %v, sent %d", err, closed, sent)
		}
		if err, _ := send(election.Drain(ctx)); err != nil || sent != 2 {
			t.Errorf("while it drains: %v, sent %d", err, sent)
		}
		return nil
	})
	if sent != 2 {
		t.Errorf("sent %d", sent)
	}
}

// Without a base it is the default transport, over a real connection; idle ones can be closed.
func TestTransportOverTheNetwork(t *testing.T) {
	_, rdb := standIn(t)
	handler := httpfence.Middleware(httpfence.Config{Space: "shop"}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		term, _ := election.TermFrom(r.Context())
		_, _ = fmt.Fprint(w, r.Header.Get(httpfence.Header), " is ", int64(term))
	}))
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client := &http.Client{Transport: httpfence.Transport(nil)}
	t.Cleanup(client.CloseIdleConnections)
	space, err := lock.Open(rdb, lock.Config{Name: "shop", Bootstrap: election.BootstrapImmediate})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { space.Close() })
	err = space.Do(t.Context(), "orders/17", func(ctx context.Context, token election.Term) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPut, server.URL, http.NoBody)
		if err != nil {
			return err
		}
		resp, err := client.Do(r)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if text := body(t, resp); resp.StatusCode != http.StatusOK || text != fmt.Sprintf(`"%d"; space="shop" is %d`, token, token) {
			t.Errorf("%s, %s", resp.Status, text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
