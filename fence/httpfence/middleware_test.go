package httpfence_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"example.com/incumbent/election"
	"example.com/incumbent/fence"
	"example.com/incumbent/fence/httpfence"
	"example.com/incumbent/internal/scope"
)

// echo answers with the term that the handler finds.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	term, ok := election.TermFrom(r.Context())
	if !ok {
		http.Error(w, "no term", http.StatusTeapot)
		return
	}
	_, _ = w.Write(strconv.AppendInt(nil, int64(term), 10))
})

// Requests pass in the order of their terms. Each other one has its answer.
func TestMiddlewareOrdersArrivals(t *testing.T) {
	h := httpfence.Middleware(httpfence.Config{Election: "nightly"}, echo)
	for i, step := range []struct {
		line   string
		status int
		header string // of the answer
	}{
		{`5; election="nightly"`, 200, ""},
		{`5; election="nightly"`, 200, ""},
		{`4; election="nightly"`, 412, `5; election="nightly"`},
		{`1795241018539; election="nightly"`, 200, ""},
		{`6; election="nightly"`, 412, `1795241018539; election="nightly"`},
		{`9; election="hourly"`, 400, ""},
		{`1795241018540; space="nightly"`, 400, ""},
		{`"1795241018540000"; space="nightly"`, 400, ""},
		{`1795241018539; election="nightly"`, 200, ""},
		{`"9007194959773696"; election="nightly"`, 200, ""},
		{`1795241018541; election="nightly"`, 412, `"9007194959773696"; election="nightly"`},
	} {
		resp := ask(t, h, step.line)
		if resp.StatusCode != step.status || resp.Header.Get(httpfence.Header) != step.header {
			t.Errorf("step %d, %s: %s, header %q, %s", i, step.line, resp.Status, resp.Header.Get(httpfence.Header), body(t, resp))
		}
		if term, _, _ := strings.Cut(step.line, ";"); step.status == 200 && body(t, resp) != strings.Trim(term, `"`) {
			t.Errorf("step %d: the handler found another term", i)
		}
	}
}

// A service for a space takes the terms of its locks alone.
func TestMiddlewareOfASpace(t *testing.T) {
	h := httpfence.Middleware(httpfence.Config{Space: "shop"}, echo)
	for line, status := range map[string]int{
		`"1795241018539000"; space="shop"`:  200,
		`"1795241018539000"; space="other"`: 400,
		`1795241018539; election="shop"`:    400,
	} {
		if resp := ask(t, h, line); resp.StatusCode != status {
			t.Errorf("%s: %s", line, resp.Status)
		}
	}
}

// A header that is missing is 428, a malformed one 400; neither changes what is kept.
func TestMiddlewareRefusesOtherHeaders(t *testing.T) {
	h := httpfence.Middleware(httpfence.Config{Election: "nightly", Store: storeOf(func(string, string, election.Term) (election.Term, error) {
		t.Error("the store was asked")
		return 0, nil
	})}, echo)
	if resp := ask(t, h); resp.StatusCode != http.StatusPreconditionRequired {
		t.Errorf("none: %s", resp.Status)
	}
	for _, lines := range [][]string{
		{""},
		{"5"},
		{"nightly"},
		{`5; election=nightly`},
		{`5; election`},
		{`5; election="nightly`},
		{`5 ; election="nightly"`},
		{`5; election="nightly"; space="shop"`},
		{`5; election="nightly";a`},
		{`5; a; election="nightly"`},
		{`5; Election="nightly"`},
		{`0; election="nightly"`},
		{`-5; election="nightly"`},
		{`+5; election="nightly"`},
		{`5.0; election="nightly"`},
		{`5e3; election="nightly"`},
		{`1795241018539000; election="nightly"`},
		{`"9007194959773697"; election="nightly"`},
		{`"99999999999999999999"; election="nightly"`},
		{`""; election="nightly"`},
		{`"5; election="nightly"`},
		{`5; election=""`},
		{`5; election="night\ly"`},
		{`5; election="nightlý"`},
		{`5; election="nightly", 6; election="nightly"`},
		{`5; election="nightly"`, `5; election="nightly"`},
		{`:NQ==:; election="nightly"`},
		{`?1; election="nightly"`},
		{`5; office="nightly"`},
		{"5;\telection=\"nightly\""},
		{`5;`},
		{`; election="nightly"`},
	} {
		if resp := ask(t, h, lines...); resp.StatusCode != http.StatusBadRequest || !strings.Contains(body(t, resp), httpfence.Header) {
			t.Errorf("%q: %s", lines, resp.Status)
		}
	}
}

// Resources are told apart by the function, up to what a store can keep.
func TestMiddlewareTellsResourcesApart(t *testing.T) {
	var seen []string
	cfg := httpfence.Config{Election: "nightly", Store: storeOf(func(name, resource string, term election.Term) (election.Term, error) {
		seen = append(seen, name+"|"+resource)
		return term, nil
	})}
	for _, resource := range []string{"", "/reports", strings.Repeat("x", 513), "a\x00b", "\xff"} {
		cfg.Resource = func(*http.Request) string { return resource }
		want := http.StatusBadRequest
		if len(resource) < 10 && resource != "a\x00b" && resource != "\xff" {
			want = http.StatusOK
		}
		if resp := ask(t, httpfence.Middleware(cfg, echo), `5; election="nightly"`); resp.StatusCode != want {
			t.Errorf("%.10q: %s", resource, resp.Status)
		}
	}
	cfg.Resource, cfg.Election, cfg.Space = nil, "", "shop"
	ask(t, httpfence.Middleware(cfg, echo), `5; space="shop"`)
	if got := strings.Join(seen, " "); got != "nightly|all nightly|/reports space:shop|all" {
		t.Errorf("the store was asked for %s", got)
	}
}

// A store that fails is 503, and the handler does not run.
func TestMiddlewareWithoutItsStore(t *testing.T) {
	cfg := httpfence.Config{Election: "nightly", Store: storeOf(func(string, string, election.Term) (election.Term, error) {
		return 0, errors.New("a secret")
	})}
	resp := ask(t, httpfence.Middleware(cfg, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it passed") })), `5; election="nightly"`)
	if text := body(t, resp); resp.StatusCode != http.StatusServiceUnavailable || strings.Contains(text, "secret") {
		t.Errorf("%s, %s", resp.Status, text)
	}
}

// A configuration that cannot be meant panics.
func TestMiddlewareOfNothing(t *testing.T) {
	for _, cfg := range []httpfence.Config{
		{},
		{Election: "nightly", Space: "shop"},
		{Election: "night ly"},
		{Space: `a"b`},
		{Election: "{nightly}"},
		{Election: "incumbent:{nightly}"},
		{Election: strings.Repeat("x", 129)},
		{Election: "nightly"},
	} {
		func() {
			defer func() {
				if err, _ := recover().(error); !errors.Is(err, election.ErrConfig) {
					t.Errorf("%+v: panic %v", cfg, err)
				}
			}()
			next := http.Handler(echo)
			if cfg.Election == "nightly" && cfg.Space == "" {
				next = nil
			}
			httpfence.Middleware(cfg, next)
		}()
	}
	httpfence.Middleware(httpfence.Config{Election: "staging:{nightly}"}, echo)
}

// In the handler a check by term works, one by record cannot. The context ends with the
// request, also that of Drain, and hides what the server runs in.
func TestTheContextOfAHandler(t *testing.T) {
	server, rdb := standIn(t)
	h := httpfence.Middleware(httpfence.Config{Election: "nightly"}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if _, err := fence.At("{shop}:fence").Do(ctx, rdb, fence.Cmd{"SET", fence.Key("{shop}:a"), "1"}); err != nil {
			t.Error(err)
		}
		if _, err := fence.Do(ctx, rdb, fence.Cmd{"SET", fence.KeyFor(ctx, "a"), "1"}); !errors.Is(err, fence.ErrNoTerm) || !strings.Contains(err.Error(), "use At") {
			t.Error(err)
		}
		type key struct{}
		drain := election.Drain(context.WithValue(ctx, key{}, 1))
		if term, _ := election.TermFrom(drain); term != 5 || drain.Value(key{}) != 1 || drain.Err() != nil || election.ContextErr(drain) != nil {
			t.Errorf("in the context of Drain: term %d, %v", term, drain.Err())
		}
		if scope.Grace(ctx).Err() != nil || ctx.Value(http.ServerContextKey) != nil {
			t.Error("a wrong context")
		}
		below, cancel := context.WithCancel(drain)
		defer cancel()
		r.Context().Value(cancelKey{}).(context.CancelFunc)()
		<-below.Done()
		if election.ContextErr(ctx) == nil || election.ContextErr(drain) == nil || drain.Err() == nil {
			t.Error("it outlives its request")
		}
	}))
	around := leads(t.Context(), "the server's own", 99)
	ctx, cancel := context.WithCancel(around)
	r := httptest.NewRequestWithContext(context.WithValue(ctx, cancelKey{}, cancel), http.MethodPut, "/", http.NoBody)
	r.Header.Set(httpfence.Header, `5; election="nightly"`)
	h.ServeHTTP(httptest.NewRecorder(), r)
	if got, err := server.Get("{shop}:fence"); got != "5" || err != nil {
		t.Errorf("the fence has %q, %v", got, err)
	}
}

type cancelKey struct{}
