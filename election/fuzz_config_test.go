package election

// Shows a promise of the configuration: no accepted one leads to a key or a record that is too
// long.

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// FuzzConfig gives an elector any config: names, texts and durations. What is
// accepted keeps two leaders apart, and writes records that others can read.
func FuzzConfig(f *testing.F) {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	f.Cleanup(func() { _ = client.Close() })
	f.Add("x", "", "", "", int64(0), int64(0), int64(0), int64(0), 0, int64(0))
	f.Add("jobs/nightly.v2:A_b-9", "me", "10.0.0.1:80", "tenant-7/", int64(20*time.Second), int64(5*time.Second), int64(-1), int64(time.Hour), 1, int64(0))
	f.Add("x", "host", "m", "p", int64(15*time.Second), int64(5*time.Second), int64(0), int64(0), 0, int64(0))         // the grace is too long
	f.Add("a{b}", "\xff\x00", "é", "{", int64(2*time.Second+1), int64(1), int64(25*time.Hour), int64(-1), 7, int64(0)) // all wrong
	f.Add(strings.Repeat("n", 128), strings.Repeat("\xff", 96), strings.Repeat(" ", 192), strings.Repeat("p", 64), int64(24*time.Hour), int64(6*time.Hour), int64(1), int64(1<<62), 0, int64(0))
	f.Add("x", "", "", "", int64(30*time.Second), int64(0), int64(0), int64(0), 0, int64(8*time.Second))
	f.Add("x", "", "", "", int64(30*time.Second), int64(0), int64(0), int64(0), 0, int64(8*time.Second-1)) // shorter than two beats
	f.Fuzz(func(t *testing.T, name, id, meta, prefix string, lease, grace, coolDown, release int64, bootstrap int, stall int64) {
		cfg := Config{
			Name: name, ID: id, Meta: meta, Prefix: prefix, Logger: quiet, Bootstrap: Bootstrap(bootstrap),
			Lease: time.Duration(lease), Grace: time.Duration(grace), CoolDown: time.Duration(coolDown), ReleaseTimeout: time.Duration(release), Stall: time.Duration(stall),
		}
		e, err := New(client, cfg)
		switch {
		case err == nil:
			checkAccepted(t, cfg, e)
		case !errors.Is(err, ErrConfig) || !Permanent(err):
			t.Errorf("%+v: %v does not wrap ErrConfig", cfg, err)
		case errors.Is(err, heartbeat.ErrUnsafeTiming):
			checkAdvice(t, client, cfg, err)
		case withoutUnit(cfg) != strings.Contains(err.Error(), "did you mean") && textsAreFine(cfg):
			t.Errorf("%+v: %v", cfg, err)
		case withoutUnit(cfg): // or something else is wrong
		case strings.Contains(err.Error(), "is shorter than two beats"):
			if cfg.Stall >= 2*beatOf(cfg) || cfg.Stall == 0 {
				t.Errorf("%+v is refused: %v", cfg, err)
			}
		case textsAreFine(cfg) && cfg.ReleaseTimeout >= 0 && cfg.ReleaseTimeout <= heartbeat.MaxLease && cfg.CoolDown <= heartbeat.MaxLease && (bootstrap == 0 || bootstrap == 1):
			t.Errorf("%+v is refused: %v", cfg, err)
		}
	})
}

// beatOf is the beat of a config whose lease is accepted.
func beatOf(c Config) time.Duration {
	lease := cmp.Or(c.Lease, heartbeat.DefaultLease)
	return heartbeat.ForLease((lease + time.Millisecond - 1).Truncate(time.Millisecond)).Beat
}

func textsAreFine(c Config) bool {
	return isName(c.Name, 128) && (c.Prefix == "" || isName(c.Prefix, 64)) && len(c.ID) <= 96 && len(c.Meta) <= 192
}

// withoutUnit reports whether a duration is a bare number.
func withoutUnit(c Config) bool {
	return slices.ContainsFunc([]time.Duration{c.Lease, c.Grace, c.Stall, c.CoolDown, c.ReleaseTimeout}, func(d time.Duration) bool {
		return d > 0 && d < time.Millisecond
	})
}

func isName(s string, most int) bool {
	for _, b := range []byte(s) {
		if !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/-", rune(b)) {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= most
}

// checkAccepted computes exactly what must hold of a config that is accepted.
func checkAccepted(t *testing.T, cfg Config, e *Elector) {
	t.Helper()
	if !textsAreFine(cfg) || withoutUnit(cfg) || cfg.Stall != 0 && cfg.Stall < 2*beatOf(cfg) {
		t.Errorf("%+v is accepted", cfg)
	}
	timing := e.Timing()
	ms := func(d time.Duration) *big.Rat { return big.NewRat(int64(d), int64(time.Millisecond)) }
	busy := new(big.Rat).Add(new(big.Rat).Add(ms(timing.Trust), ms(timing.Grace)), ms(timing.Slack))
	busy.Mul(busy, big.NewRat(105, 95)) // (1+r)/(1-r)
	if busy.Cmp(new(big.Rat).Add(ms(timing.Lease), big.NewRat(4, 1_000_000))) > 0 {
		t.Errorf("%+v: work may run for %v of a lease of %v", timing, busy.FloatString(6), timing.Lease)
	}
	if 3*timing.Beat+timing.Attempt > timing.Trust || timing.Attempt > timing.Beat {
		t.Errorf("%+v: no room for two lost beats", timing)
	}
	if cfg.Lease != 0 && (timing.Lease < cfg.Lease || timing.Lease-cfg.Lease >= time.Millisecond) || timing.Lease%time.Millisecond != 0 {
		t.Errorf("a lease of %v became %v", cfg.Lease, timing.Lease)
	}
	if cfg.Grace != 0 && timing.Grace != cfg.Grace || e.cfg.CoolDown < 0 || e.cfg.ReleaseTimeout <= 0 || e.StopBudget() < timing.Grace {
		t.Errorf("%+v became %+v with a stop budget of %v", cfg, e.cfg, e.StopBudget())
	}
	checkPlace(t, e)
	checkWritten(t, e)
}

// checkPlace checks that the key says which election it is of, and that key and
// channel belong to one slot of a cluster.
func checkPlace(t *testing.T, e *Elector) {
	t.Helper()
	m := regexp.MustCompile(`^([^{}]+)\{([^{}]+)\}$`).FindStringSubmatch(e.place.Key)
	if m == nil || m[1] != e.cfg.Prefix || m[2] != e.cfg.Name || !strings.HasPrefix(e.place.Records(), e.place.Key+":") {
		t.Errorf("%q in %q lives at %+v", e.cfg.Name, e.cfg.Prefix, e.place)
	}
	if a, b := register.NewPlace(e.cfg.Prefix, e.cfg.Name, 1), register.NewPlace(e.cfg.Prefix, e.cfg.Name, 12); a.Key != b.Key || a.Records() == b.Records() || a.Records() == e.place.Records() {
		t.Errorf("databases share a channel: %+v, %+v", a, b)
	}
}

// checkWritten checks the longest record of this candidate.
func checkWritten(t *testing.T, e *Elector) {
	t.Helper()
	r := record.Record{
		Status: record.Led, Term: record.MaxTerm, Beat: record.MaxBeat, Lease: e.cfg.Lease, Holder: e.cfg.ID, Meta: e.cfg.Meta, Nonce: record.NewNonce(), ID: "-",
		Rest: "9999999999.999999", // the server's time
	}
	if got, err := record.Parse(r.String()); err != nil || got != r {
		t.Errorf("writes %q, which is read as %+v, %v", r, got, err)
	}
}

// checkAdvice follows the message of a refused timing.
func checkAdvice(t *testing.T, client *redis.Client, cfg Config, err error) {
	t.Helper()
	lowered, raised := cfg, cfg
	m := regexp.MustCompile(`lower the grace to (\S+?)(?: or raise the lease to (\S+))?$`).FindStringSubmatch(err.Error())
	switch {
	case m != nil && m[2] != "":
		raised.Lease = mustParse(t, m[2])
		fallthrough
	case m != nil:
		lowered.Grace = mustParse(t, m[1])
	case strings.Contains(err.Error(), "is outside 2s to 24h0m0s; choose one inside"):
		lowered.Lease, lowered.Grace = heartbeat.DefaultLease, 0
		raised = lowered
	case cfg.Grace < 0 && strings.Contains(err.Error(), "not negative"):
		lowered.Grace, raised.Grace = 0, 0
	default:
		t.Fatalf("%+v: no advice in %v", cfg, err)
	}
	if lowered.Grace > cfg.Grace && cfg.Grace > 0 || m != nil && m[2] != "" && raised.Lease <= cfg.Lease {
		t.Errorf("%+v: not lower, or not higher: %v", cfg, err)
	}
	for _, followed := range []Config{lowered, raised} {
		if m != nil && m[2] == "" && fmt.Sprint(followed) == fmt.Sprint(raised) {
			continue // there was one advice only
		}
		if _, err := New(client, followed); errors.Is(err, heartbeat.ErrUnsafeTiming) {
			t.Errorf("%+v: following the advice on it: %v", cfg, err)
		}
	}
}

func mustParse(t *testing.T, s string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
