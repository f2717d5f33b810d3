package tokenkeeper_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/incumbent/election/electiontest"
	"example.com/incumbent/fresh"
	"example.com/incumbent/singleton"

	"example.com/incumbent/examples/recipes/tokenkeeper"
)

const life = 10 * time.Minute

// authority gives tokens, and serves what only a token opens that has not expired.
type authority struct {
	mu      sync.Mutex
	issued  map[string]time.Time // when each token expires
	calls   int
	refused int
	broken  bool
}

func (a *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	id, secret, _ := r.BasicAuth()
	switch {
	case r.URL.Path == "/token" && a.broken:
		http.Error(w, "broken", http.StatusServiceUnavailable)
	case r.URL.Path == "/token" && id == "us" && secret == "secret" && r.FormValue("grant_type") == "client_credentials":
		token := fmt.Sprint("token-", len(a.issued)+1)
		a.issued[token] = time.Now().Add(life)
		fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":600}`, token)
	case r.URL.Path == "/token":
		http.Error(w, "who are you", http.StatusUnauthorized)
	default:
		a.calls++
		if !a.issued[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")].After(time.Now()) {
			a.refused++
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
}

// RoundTrip answers without a network, which a bubble has none of.
func (a *authority) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w.Result(), nil
}

func (a *authority) source() tokenkeeper.Source {
	return tokenkeeper.Source{
		Client: &http.Client{Transport: a}, URL: "https://auth.example/token", ID: "us", Secret: "secret",
		Earlier: 10 * time.Second,
	}
}

// process keeps the token if it leads, and uses it.
func process(t *testing.T, a *authority, c *electiontest.Client) (client *http.Client, stop func()) {
	t.Helper()
	token, err := fresh.New(c, fresh.Config{Name: "api-token", Logger: slog.New(slog.DiscardHandler)}, a.source().Fetch)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- singleton.Run(ctx, c, "api-token", token.Work) }()
	return &http.Client{Transport: tokenkeeper.Transport{Token: token, Base: a}}, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// Three processes call an API for 20 minutes. The leader is cut off once, and the authority is
// broken for a while. One token is fetched in two thirds of its life, and no call is refused.
func TestOneTokenForAll(t *testing.T) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	synctest.Test(t, func(t *testing.T) {
		a := &authority{issued: map[string]time.Time{}}
		r := electiontest.NewRedis(t)
		var clients []*http.Client
		var networks []*electiontest.Client
		for range 3 {
			c := r.Client()
			client, stop := process(t, a, c)
			defer stop()
			clients, networks = append(clients, client), append(networks, c)
		}
		began := time.Now()
		for i := 0; time.Since(began) < 20*time.Minute; i++ {
			switch i {
			case 20:
				networks[0].Cut() // perhaps it leads; its copy lasts until the token expires
			case 35:
				networks[0].Heal()
			case 75:
				a.broken = true
			case 83:
				a.broken = false
			}
			for _, client := range clients {
				resp, err := client.Get("https://api.example/")
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
			}
			time.Sleep(10 * time.Second)
		}
		t.Logf("%d calls, %d refused, %d tokens", a.calls, a.refused, len(a.issued))
		if a.calls < 350 || a.refused != 0 || len(a.issued) < 3 || len(a.issued) > 4 {
			t.Errorf("%d calls, %d refused, %d tokens", a.calls, a.refused, len(a.issued))
		}
	})
}

// Without a token a call ends with its context, and the error says what was missing.
func TestNoToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &authority{issued: map[string]time.Time{}, broken: true}
		client, stop := process(t, a, electiontest.NewRedis(t).Client())
		defer stop()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "https://api.example/", strings.NewReader("body"))
		if _, err := client.Do(req); !errors.Is(err, fresh.ErrNoValue) || !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if _, _, err := a.source().Fetch(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "503") {
			t.Error(err)
		}
	})
}
