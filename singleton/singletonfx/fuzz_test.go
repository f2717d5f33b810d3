package singletonfx_test

import (
	"errors"
	"net/url"
	"slices"
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
		if scheme, rest, _ := strings.Cut(text, "://"); slices.Contains([]string{"redis", "rediss", "unix"}, scheme) {
			text = scheme + "://" + url.UserPassword("user", password).String() + "@" + rest
		}
		if u, err := url.Parse(text); err == nil && (u.Query().Has("min_idle_conns") || u.Query().Has("pipeline_pool_size")) {
			return // the client would open them, or make room for them, at once
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
