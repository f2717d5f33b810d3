package register

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/redistest"
)

// probed is a stand-in, and what probes the place of an election with this prefix there.
func probed(t *testing.T, prefix string) (m *miniredis.Miniredis, key string, probe func() error) {
	t.Helper()
	m = miniredis.RunT(t)
	rdb := redis.NewClient(&redis.Options{Addr: m.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = rdb.Close() })
	place := NewPlace(prefix, "e", 0)
	return m, place.Key, func() error { return Probe(t.Context(), rdb, place) }
}

func TestProbeChangesNothing(t *testing.T) {
	m, key, probe := probed(t, "team:")
	if err := probe(); err != nil || len(m.Keys()) != 0 {
		t.Errorf("%v; it left %v", err, m.Keys())
	}
	for _, stands := range []string{"theirs", "1 V 7 0 2000 - AAAABBBBCCCCDDDD - -", ""} {
		if err := m.Set(key, stands); err != nil {
			t.Fatal(err)
		}
		if err := probe(); err != nil {
			t.Error(err)
		}
		m.CheckGet(t, key, stands)
	}
}

// Terms rise with the server's clock: a new election must not start with one that is far
// off. One that exists has its terms already.
func TestProbeLooksAtTheClock(t *testing.T) {
	m, key, probe := probed(t, DefaultPrefix)
	m.SetTime(time.Now().Add(48 * time.Hour))
	if err := probe(); !errors.Is(err, ErrUnfit) || !strings.Contains(err.Error(), "set the wrong one right") {
		t.Errorf("got %v, want ErrUnfit", err)
	}
	if err := m.Set(key, "a record"); err != nil {
		t.Fatal(err)
	}
	if err := probe(); err != nil {
		t.Error(err)
	}
	m.Del(key)
	if _, err := m.Lpush(key, "of another type"); err != nil {
		t.Fatal(err)
	}
	if err := probe(); err != nil {
		t.Errorf("what stands there is no matter of a probe: %v", err)
	}
}

func TestProbeSaysWhatTheServerSays(t *testing.T) {
	m, _, probe := probed(t, DefaultPrefix)
	for said, want := range map[string]error{
		"NOAUTH Authentication required.":             ErrDenied,
		"MOVED 866 10.0.0.1:7000":                     ErrUnfit,
		"LOADING Redis is loading the dataset":        ErrUnavailable,
		"ERR unknown command 'EVALSHA', with args":    ErrUnfit,
		"ERR DB index is out of range":                ErrUnfit,
		"MASTERDOWN Link with MASTER is down and so.": ErrUnavailable,
	} {
		m.SetError(said)
		if err := probe(); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", said, err, want)
		}
	}
}

// A right that is missing is found on a server, also that to write, which a look does not
// need.
func TestProbeFindsRightsThatAreMissing(t *testing.T) {
	s := redistest.Start(t, strings.Fields(`--user all on nopass ~incumbent:{* &incumbent:{* -@all +get +getrange +set +time +ping +eval +evalsha +publish
		--user reader on nopass %R~incumbent:{* -@all +get +getrange +set +time +ping +eval +evalsha
		--user writer on nopass ~incumbent:{* -@all +get +getrange +time +ping +eval +evalsha
		--user scripted on nopass ~incumbent:{* -@all +get +getrange +set +time +ping`)...)
	for user, want := range map[string]error{"all": nil, "reader": ErrDenied, "writer": ErrDenied, "scripted": ErrDenied} {
		rdb := s.Client(func(o *redis.Options) { o.Username, o.Password, o.DisableIdentity = user, "any", true })
		err := Probe(t.Context(), rdb, NewPlace(DefaultPrefix, "e", 0))
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", user, err, want)
		}
	}
}
