package singletonfx_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/fx"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton/singletonfx"
)

// FuzzSettings gives the module any URL. One that is none is refused
// without telling the password in it, and what is accepted starts and stops.
func FuzzSettings(f *testing.F) {
	for _, text := range []string{
		"redis://host:7000/1", "rediss://host", "unix:///run/redis.sock?db=1", "redis://[::1]:7000?dial_timeout=1s&protocol=2", "redis://h?read_timeout=-1",
		"", "host:6379", "http://host", "redis://host:port", "redis://host/x", "redis://%zz", "redis://\x00", "redis://h?x=1",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		const password = "pa55:w/o@r?d#%&,é"
		if scheme, rest, found := strings.Cut(text, "://"); found {
			text = scheme + "://" + url.UserPassword("user", password).String() + "@" + rest
		}
		u, err := url.Parse(text)
		if err == nil && actsWhenMade(u.Query()) {
			return
		}
		app := fx.New(fx.NopLogger, fx.Supply(singletonfx.Settings{URL: text}), singletonfx.Module)
		switch err := app.Err(); {
		case err == nil:
			if err := errors.Join(app.Start(t.Context()), app.Stop(t.Context())); err != nil {
				t.Errorf("%q: %v", text, err)
			}
		case !errors.Is(err, election.ErrConfig):
			t.Errorf("%q: %v does not wrap ErrConfig", text, err)
		case strings.Contains(err.Error(), "pa55"):
			t.Errorf("%q: the password is told: %v", text, err)
		}
	})
}

// actsWhenMade reports whether a client would open connections, or make room for
// them, when it is made.
func actsWhenMade(query url.Values) bool {
	for key := range query {
		if strings.HasSuffix(key, "_conns") || strings.HasSuffix(key, "_size") || strings.HasSuffix(key, "_dials") {
			return true
		}
	}
	return false
}
