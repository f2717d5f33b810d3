package singletonfx_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"
	"go.uber.org/fx/fxtest"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton/singletonfx"
)

// wrapper is an application's own kind of client.
type wrapper struct{ *redis.Client }

func TestModuleTakesEveryKindOfClient(t *testing.T) {
	kinds := map[string]func(*redis.Client) fx.Option{
		"a client":           func(c *redis.Client) fx.Option { return fx.Supply(c) },
		"a universal client": func(c *redis.Client) fx.Option { return fx.Supply(fx.Annotate(c, fx.As(new(redis.UniversalClient)))) },
		"its own kind":       func(c *redis.Client) fx.Option { return fx.Supply(fx.Annotate(wrapper{c}, fx.As(new(election.Redis)))) },
	}
	for name, provide := range kinds {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				app := fxtest.New(w, provide(w.net.Client), singletonfx.Module, worker("x", obey))
				app.RequireStart()
				time.Sleep(time.Minute)
				w.expectStatus("x", "L")
				app.RequireStop()
				w.expectStatus("x", "V")
			})
		})
	}
}

func TestModuleTakesAClusterClient(t *testing.T) {
	cluster := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"127.0.0.1:1"}})
	defer cluster.Close()
	if err := fx.New(fx.NopLogger, fx.Supply(cluster), singletonfx.Module, worker("x", obey)).Err(); err != nil {
		t.Error(err)
	}
}

func TestModuleNeedsOneClient(t *testing.T) {
	bubble(t, func(w *world) {
		client := fx.Supply(w.net.Client)
		universal := fx.Supply(fx.Annotate(w.admin, fx.As(new(redis.UniversalClient))))
		url := fx.Supply(singletonfx.Settings{URL: "redis://10.0.0.1:6379"})
		ring := redis.NewRing(&redis.RingOptions{})
		defer ring.Close()
		tests := map[string]struct {
			options fx.Option
			says    string
		}{
			"none":            {fx.Options(), "provide a *redis.Client, or supply Settings with a Redis or a URL"},
			"a nil client":    {fx.Supply((*redis.Client)(nil)), "no Redis client"},
			"two":             {fx.Options(client, universal), "more than one Redis client (2 provided, URL set: false)"},
			"one and a URL":   {fx.Options(client, url), "more than one Redis client (1 provided, URL set: true)"},
			"an unfit client": {fx.Supply(fx.Annotate(ring, fx.As(new(election.Redis)))), "redis.Ring"},
		}
		for name, tc := range tests {
			err := w.refused(tc.options, singletonfx.Module, worker("x", obey))
			if !errors.Is(err, election.ErrConfig) || !strings.Contains(err.Error(), tc.says) {
				w.Errorf("%s: refused with %v, want %q", name, err, tc.says)
			}
		}
	})
}

// loose is a client that cannot be compared.
type loose struct {
	*redis.Client
	notes []string
}

// One client that is provided under two types is one.
func TestModuleCountsAClientOnce(t *testing.T) {
	bubble(t, func(w *world) {
		one := fx.Provide(fx.Annotate(func() *redis.Client { return w.net.Client }, fx.As(fx.Self()), fx.As(new(redis.UniversalClient))))
		app := fxtest.New(w, one, singletonfx.Module, worker("x", obey))
		app.RequireStart()
		time.Sleep(time.Minute)
		w.expectStatus("x", "L")
		app.RequireStop()

		two := fx.Options(fx.Supply(w.net.Client), fx.Supply(fx.Annotate(loose{w.net.Client, nil}, fx.As(new(redis.UniversalClient)))))
		if err := w.refused(two, singletonfx.Module); !strings.Contains(err.Error(), "2 provided") {
			w.Errorf("refused with %v, want 2 provided", err)
		}
	})
}

// Settings.URL is read as election.ConnectURL reads it.
func TestModuleReadsEveryKindOfURL(t *testing.T) {
	for _, url := range []string{"redis://h1:6379,h2:6379", "redis://h1:26379?master_name=m", "unix:///run/redis.sock"} {
		if err := fx.New(fx.NopLogger, fx.Supply(singletonfx.Settings{URL: url}), singletonfx.Module, worker("x", obey)).Err(); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, url := range []string{"redis://h1:6379,h2:6379/3", "a=redis://x,b=redis://y,c=redis://z"} {
		if err := fx.New(fx.NopLogger, fx.Supply(singletonfx.Settings{URL: url}), singletonfx.Module).Err(); !errors.Is(err, election.ErrConfig) {
			t.Errorf("%s: %v, want ErrConfig", url, err)
		}
	}
}

func TestModuleMakesAClientFromAURL(t *testing.T) {
	server := miniredis.RunT(t)
	server.RequireAuth("secret")
	elected := make(chan election.Term, 1)
	app := fxtest.New(t, singletonfx.Module,
		fx.Supply(singletonfx.Settings{URL: "redis://:secret@" + server.Addr()}),
		worker("x", func(ctx context.Context, term election.Term) error {
			elected <- term
			return obey(ctx, term)
		}))
	app.RequireStart()
	<-elected
	app.RequireStop()
	if record, err := server.Get("incumbent:{x}"); !strings.HasPrefix(record, "1 V ") {
		t.Errorf("record %q (%v) after the stop, want it vacant", record, err)
	}
}

// The client made from a URL is the module's own: it is closed at the end.
func TestModuleClosesTheClientThatItMade(t *testing.T) {
	server := miniredis.RunT(t)
	elected := make(chan election.Term, 1)
	// An idle connection that is opened ahead shows that the client is open.
	app := fxtest.New(t, singletonfx.Module, fx.Supply(singletonfx.Settings{URL: "redis://" + server.Addr() + "?min_idle_conns=1"}),
		worker("x", func(ctx context.Context, term election.Term) error {
			elected <- term
			return obey(ctx, term)
		}))
	app.RequireStart()
	<-elected
	if server.CurrentConnectionCount() == 0 {
		t.Error("no connection")
	}
	app.RequireStop()
	for deadline := time.Now().Add(time.Minute); server.CurrentConnectionCount() > 0; {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections after the stop", server.CurrentConnectionCount())
		}
		<-time.After(time.Millisecond) // the server notices a little later
	}
}

// A test gives its client by Settings, whatever else the application provides.
func TestSettingsNameTheClient(t *testing.T) {
	bubble(t, func(w *world) {
		elsewhere := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
		defer elsewhere.Close()
		app := fxtest.New(w, fx.Supply(elsewhere), fx.Supply(singletonfx.Settings{Redis: w.net}), singletonfx.Module, worker("x", obey))
		app.RequireStart()
		time.Sleep(time.Minute)
		w.expectStatus("x", "L")
		app.RequireStop()
		both := fx.Supply(singletonfx.Settings{Redis: w.net, URL: "redis://10.0.0.1:6379"})
		if err := w.refused(both, singletonfx.Module, worker("x", obey)); !errors.Is(err, election.ErrConfig) || !strings.Contains(err.Error(), "leave one of them out") {
			w.Errorf("refused with %v", err)
		}
	})
}

func TestAURLThatIsNoneKeepsItsPassword(t *testing.T) {
	for _, url := range []string{
		"postgres://user:secret@db/0",
		"redis://user:secret@host:port/0",
		"redis://user:secret@host/0?no_such_option=1",
		"redis://user:secret@%zz",
		"user:secret@host",
		"://secret",
	} {
		var log bytes.Buffer
		err := fx.New(singletonfx.Module,
			fx.WithLogger(func() fxevent.Logger { return &fxevent.ConsoleLogger{W: &log} }),
			fx.Supply(singletonfx.Settings{URL: url})).Err()
		if !errors.Is(err, election.ErrConfig) || !strings.Contains(err.Error(), "redis://user:password@host:6379/0") {
			t.Errorf("%s: refused with %v, want an example", url, err)
			continue
		}
		if strings.Contains(err.Error()+log.String(), "secret") {
			t.Errorf("%s: the password stands in %v or in %s", url, err, log.String())
		}
	}
}
