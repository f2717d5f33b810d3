package register

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/redistest"
)

// A script runs only while the record names the term, and then in one step with the check.
func TestAScriptRunsOnlyUnderTheTermOfItsHolder(t *testing.T) {
	for name, start := range map[string]func(t *testing.T) redis.UniversalClient{
		"stand-in": func(t *testing.T) redis.UniversalClient {
			return redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
		},
		"server":  func(t *testing.T) redis.UniversalClient { return redistest.Start(t).Client() },
		"cluster": func(t *testing.T) redis.UniversalClient { return redistest.StartCluster(t, time.Minute).Client() },
	} {
		t.Run(name, func(t *testing.T) {
			client := start(t)
			t.Cleanup(func() { _ = client.Close() })
			checkScript(t, client)
		})
	}
}

func checkScript(t *testing.T, client redis.UniversalClient) {
	rec := record.Record{Status: record.Led, Term: 1_763_692_999_000, Lease: 3 * time.Second, Holder: "a host", Nonce: record.NewNonce(), ID: "-"}
	h := Holder{Place: NewPlace("incumbent:", "e", 0), Client: client, Grant: rec.Grant()}
	const key = "data:{e}"
	write := NewScript("redis.call('SET', KEYS[1], ARGV[1]) return {#KEYS, #ARGV, redis.call('GET', KEYS[1])} -- the end")
	other, later, vacant, draining := rec, rec, rec.Next(record.Vacant), rec.Next(record.Draining)
	other.Nonce, later.Term = record.NewNonce(), rec.Term+1
	for _, c := range []struct {
		name, bytes string
		refused     bool
	}{
		{"absent", "", true},
		{"led", rec.String(), false},
		{"a beat later", rec.Next(record.Led).String(), false},
		{"draining", draining.String(), false},
		{"vacant", vacant.String(), true},
		{"another nonce", other.String(), true},
		{"a later term", later.String(), true},
		{"no record", "1 L", true},
	} {
		client.Del(t.Context(), h.Place.Key, key)
		if c.bytes != "" {
			client.Set(t.Context(), h.Place.Key, c.bytes, 0)
		}
		answer, err := write.Run(t.Context(), h, []string{key}, "v")
		stands := client.Get(t.Context(), key).Val()
		switch values, _ := answer.([]any); {
		case c.refused && (!errors.Is(err, ErrNotHeld) || stands != ""):
			t.Errorf("%s: %v, %v, and the key is %q", c.name, answer, err, stands)
		case !c.refused && (err != nil || len(values) != 3 || values[0] != int64(1) || values[1] != int64(1) || values[2] != "v" || stands != "v"):
			t.Errorf("%s: %v, %v, and the key is %q", c.name, answer, err, stands)
		}
	}
	client.Set(t.Context(), h.Place.Key, rec.String(), 0)
	client.Set(t.Context(), key, "v", 0)
	if answer, err := NewScript("return nil").Run(t.Context(), h, nil); answer != nil || err != nil {
		t.Errorf("nothing: %v, %v", answer, err)
	}
	if _, err := NewScript("return redis.pcall('HGET', KEYS[1], 'f')").Run(t.Context(), h, []string{key}); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "WRONGTYPE") {
		t.Errorf("the error of a command: %v", err)
	}
	if _, err := write.Run(t.Context(), h, []string{"data:{f}"}, "v"); err == nil || errors.Is(err, ErrUnavailable) {
		t.Errorf("a key of another slot: %v", err)
	}
	client.Del(t.Context(), h.Place.Key)
	client.HSet(t.Context(), h.Place.Key, "f", "v")
	if _, err := write.Run(t.Context(), h, []string{key}, "v"); !errors.Is(err, ErrNotHeld) {
		t.Errorf("a record of another type: %v", err)
	}
}
