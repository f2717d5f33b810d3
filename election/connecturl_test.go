package election

// Shows a promise of ConnectURL: every kind of address is understood, or refused with a reason.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

func TestConnectURLKnowsEveryKind(t *testing.T) {
	for url, want := range map[string]string{
		"redis://user:secret@host:7000/1":         "*redis.Client",
		"rediss://host":                           "*redis.Client",
		"unix:///run/redis.sock":                  "*redis.Client",
		"redis://h1:6379,h2:6379":                 "*redis.ClusterClient",
		"redis://h1:6379,redis://h2:6379":         "*redis.ClusterClient",
		"redis://s1:26379,s2:26379?master_name=m": "*redis.Client",
	} {
		var log bytes.Buffer
		c, err := ConnectURL(url, Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if got := fmt.Sprintf("%T", c.rdb); got != want {
			t.Errorf("%s is a %s, want %s", url, got, want)
		}
		if log.Len() > 0 {
			t.Errorf("%s: %s", url, &log) // a client of our own obeys contexts
		}
		if err := c.Close(); err != nil {
			t.Errorf("%s: Close: %v", url, err)
		}
	}
}

func TestConnectURLRefuses(t *testing.T) {
	for url, want := range map[string]string{
		"":                                             "it looks like redis://user:password@host:6379/0",
		"u:secret@host":                                "it looks like redis://user:password@host:6379/0",
		"http://u:secret@host":                         "it looks like redis://user:password@host:6379/0",
		"redis://u:secret@host/x":                      "it looks like redis://user:password@host:6379/0",
		"redis://u:secret@h1,h2/3":                     "database 0 only",
		"redis://u:secret@h1,rediss://h2":              "differ in more than host and port",
		"redis://u:secret@h1?pool_size=-1":             "a pool of an impossible size: -1 connections",
		"redis://u:secret@h1,h2?pool_size=-1":          "a pool of an impossible size: -1 connections",
		"a=redis://u:secret@x,b=redis://y,c=redis://z": "a quorum of independent servers, which is not built yet",
	} {
		_, err := ConnectURL(url, Config{})
		if !errors.Is(err, ErrConfig) || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%q: %v, want %q", url, err, want)
		}
		if strings.Contains(fmt.Sprint(err), "secret") {
			t.Errorf("%q: the password is told: %v", url, err)
		}
	}
	for want, defaults := range map[string]Config{
		`the defaults have the name "x": leave it empty`:                                       {Name: "x"},
		`the defaults: lease 30ns is shorter than a millisecond: did you mean 30*time.Second?`: {Lease: 30},
		`prefix "{": give 1 to 64 characters`:                                                  {Prefix: "{"},
	} {
		for what, err := range map[string]error{
			"ConnectURL": second(ConnectURL("redis://h", defaults)), "Connect": second(Connect(aClient(t), defaults)),
		} {
			if !errors.Is(err, ErrConfig) || !strings.Contains(fmt.Sprint(err), want) {
				t.Errorf("%s with %+v: %v, want %q", what, defaults, err, want)
			}
		}
	}
}

// A Conn closes the client that it made, once, and only when nothing runs any more.
func TestConnOwnsTheClientOfAURL(t *testing.T) {
	m := miniredis.RunT(t)
	c, err := ConnectURL("redis://"+m.Addr(), Config{Bootstrap: BootstrapImmediate, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	e, err := c.Elector(Config{Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	client := c.rdb.(*redis.Client)
	ctx, stop := context.WithCancel(t.Context())
	begun, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- e.Lead(ctx, func(ctx context.Context, _ Term) error {
			close(begun)
			<-ctx.Done()
			return nil
		})
	}()
	<-begun
	if err := c.Close(); !errors.Is(err, ErrRunning) {
		t.Errorf("Close while one leads: %v", err)
	}
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Errorf("the client was closed under a leader: %v", err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if err := client.Ping(t.Context()).Err(); !errors.Is(err, redis.ErrClosed) {
		t.Errorf("after Close a PING says %v", err)
	}
}

func TestDefaultsHoldForEveryElector(t *testing.T) {
	defaults := Config{Lease: 20 * time.Second, Prefix: "acme:", Meta: "here", Logger: quiet}
	for _, connect := range []func() (*Conn, error){
		func() (*Conn, error) { return ConnectURL("redis://h", defaults) },
		func() (*Conn, error) { return Connect(aClient(t), defaults) },
	} {
		c, err := connect()
		if err != nil {
			t.Fatal(err)
		}
		expectDefaults(t, c)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func expectDefaults(t *testing.T, c *Conn) {
	t.Helper()
	e, err := c.Elector(Config{Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if e.cfg.Lease != 20*time.Second || e.place.Key != "acme:{x}" || e.cfg.Meta != "here" || e.cfg.Logger != quiet {
		t.Errorf("%+v at %s", e.cfg, e.place.Key)
	}
	e, err = c.Elector(Config{Name: "x", Lease: 5 * time.Second, Prefix: "own:"})
	if err != nil {
		t.Fatal(err)
	}
	if e.cfg.Lease != 5*time.Second || e.place.Key != "own:{x}" || e.cfg.Meta != "here" {
		t.Errorf("%+v at %s", e.cfg, e.place.Key)
	}
}

// No field of a config is forgotten among the defaults.
func TestOverTakesEveryField(t *testing.T) {
	full := Config{
		ID: "id", Meta: "meta", Lease: 1, Grace: 2, Stall: 5, CoolDown: 3, ReleaseTimeout: 4, Bootstrap: BootstrapImmediate,
		Prefix: "p", Logger: quiet, Observer: func(Event) {}, OnOverrun: func(Overrun) {},
	}
	v := reflect.ValueOf(Config{Name: "x"}.over(full))
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("%s is not taken from the defaults, or this test does not set it", v.Type().Field(i).Name)
		}
	}
	if own := (Config{Name: "x", ID: "own", Lease: 9, Logger: slog.Default()}).over(full); own.ID != "own" || own.Lease != 9 || own.Logger != slog.Default() {
		t.Errorf("the defaults hide what was given: %+v", own)
	}
}
