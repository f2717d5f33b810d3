package election

// Shows a promise of the configuration: what could not be safe is refused at construction.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/register"
)

func TestConfigDefaults(t *testing.T) {
	c, timing, err := Config{Name: "x"}.complete()
	if err != nil {
		t.Fatal(err)
	}
	if timing != heartbeat.ForLease(15*time.Second) {
		t.Errorf("timing %+v", timing)
	}
	if c.Lease != 15*time.Second || c.Grace != 3*time.Second || c.CoolDown != 5*time.Second || c.ReleaseTimeout != 5*time.Second {
		t.Errorf("lease %v, grace %v, cool-down %v, release timeout %v", c.Lease, c.Grace, c.CoolDown, c.ReleaseTimeout)
	}
	if c.Bootstrap != BootstrapQuarantine || c.Prefix != "incumbent:" || c.Meta != "" || c.Logger != slog.Default() {
		t.Errorf("bootstrap %v, prefix %q, meta %q, logger %v", c.Bootstrap, c.Prefix, c.Meta, c.Logger)
	}
	if got, want := register.NewPlace(c.Prefix, c.Name, 0).Records(), "incumbent:{x}:records"; got != want {
		t.Errorf("place %v, want %v", got, want)
	}
}

func TestWhatIsDerivedFromTheLease(t *testing.T) {
	for _, want := range []struct{ lease, grace, coolDown, release time.Duration }{
		{2 * time.Second, 400 * time.Millisecond, time.Second, 2 * time.Second},
		{3 * time.Second, 600 * time.Millisecond, time.Second, 3 * time.Second},
		{6 * time.Second, 1200 * time.Millisecond, 2 * time.Second, 5 * time.Second},
		{24 * time.Hour, 288 * time.Minute, 8 * time.Hour, 5 * time.Second},
	} {
		c, _, err := Config{Name: "x", Lease: want.lease}.complete()
		if err != nil || c.Grace != want.grace || c.CoolDown != want.coolDown || c.ReleaseTimeout != want.release {
			t.Errorf("lease %v: grace %v, cool-down %v, release timeout %v, %v; want %+v", want.lease, c.Grace, c.CoolDown, c.ReleaseTimeout, err, want)
		}
	}
}

func TestWhatIsGivenIsKept(t *testing.T) {
	given := Config{
		Name: "jobs/nightly.v2:A_b-9", ID: "me", Meta: "10.0.0.1", Lease: 20 * time.Second, Grace: 5 * time.Second,
		CoolDown: time.Minute, ReleaseTimeout: time.Hour, Bootstrap: BootstrapImmediate, Prefix: "tenant-7/", Logger: slog.New(slog.DiscardHandler),
	}
	c, timing, err := given.complete()
	if err != nil || fmt.Sprint(c) != fmt.Sprint(given) {
		t.Errorf("completed to %+v, %v", c, err)
	}
	if timing.Grace != 5*time.Second || timing.Lease != 20*time.Second || timing.Trust != 12*time.Second {
		t.Errorf("timing %+v", timing)
	}
	if got, want := register.NewPlace(c.Prefix, c.Name, 0).Records(), "tenant-7/{jobs/nightly.v2:A_b-9}:records"; got != want {
		t.Errorf("place %v, want %v", got, want)
	}
	if c, _, _ := (Config{Name: "x", CoolDown: -1}).complete(); c.CoolDown != 0 {
		t.Errorf("a negative cool-down became %v, want none", c.CoolDown)
	}
}

// The record holds whole milliseconds; rounding must never shorten what others wait.
func TestLeaseIsRoundedUpToMilliseconds(t *testing.T) {
	const sec = time.Second
	for lease, want := range map[time.Duration]time.Duration{
		2 * sec:                         2 * sec,
		2*sec + 1:                       2*sec + time.Millisecond,
		2*sec + 999_999:                 2*sec + time.Millisecond,
		2*sec + time.Millisecond:        2*sec + time.Millisecond,
		24*time.Hour - 1:                24 * time.Hour,
		2*sec - 1:                       2 * sec,
		15*sec + 500*time.Microsecond:   15*sec + time.Millisecond,
		15*sec + 1500*time.Microsecond:  15*sec + 2*time.Millisecond,
		15*sec - 1500*time.Microsecond:  15*sec - time.Millisecond,
		heartbeat.MaxLease:              24 * time.Hour,
		heartbeat.MinLease + 17*60*1000: 2*sec + 2*time.Millisecond,
	} {
		c, timing, err := Config{Name: "x", Lease: lease}.complete()
		if err != nil || c.Lease != want || timing.Lease != want {
			t.Errorf("%v became %v (%v), %v; want %v", lease, c.Lease, timing.Lease, err, want)
		}
	}
}

func TestBadConfigs(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  Config
		want string // the message behind the sentinel's
	}{
		"no name":              {Config{}, `name "": give 1 to 128 characters of A-Z a-z 0-9 . _ : / -`},
		"braces":               {Config{Name: "a{b}"}, `name "a{b}": give 1 to 128 characters of A-Z a-z 0-9 . _ : / -`},
		"a space":              {Config{Name: "a b"}, `name "a b": give 1 to 128 characters of A-Z a-z 0-9 . _ : / -`},
		"a line break":         {Config{Name: "a\n"}, `name "a\n": give 1 to 128 characters of A-Z a-z 0-9 . _ : / -`},
		"control bytes":        {Config{Name: "\x00\x1b[31m"}, `name "\x00\x1b[31m": give 1 to 128 characters of A-Z a-z 0-9 . _ : / -`},
		"other letters":        {Config{Name: "größe"}, `name "größe": give 1 to 128 characters of A-Z a-z 0-9 . _ : / -`},
		"no text":              {Config{Name: "\xff"}, `name "\xff": give 1 to 128 characters of A-Z a-z 0-9 . _ : / -`},
		"129 characters":       {Config{Name: strings.Repeat("n", 129)}, `name "` + strings.Repeat("n", 129) + `": give 1 to 128 characters of A-Z a-z 0-9 . _ : / -`},
		"10 kB":                {Config{Name: strings.Repeat("n", 10_000)}, `name "` + strings.Repeat("n", 140) + `": give 1 to 128 characters of A-Z a-z 0-9 . _ : / -`},
		"prefix with a brace":  {Config{Name: "x", Prefix: "a{"}, `prefix "a{": give 1 to 64 characters of A-Z a-z 0-9 . _ : / -`},
		"prefix too long":      {Config{Name: "x", Prefix: strings.Repeat("p", 65)}, `prefix "` + strings.Repeat("p", 65) + `": give 1 to 64 characters of A-Z a-z 0-9 . _ : / -`},
		"ID too long":          {Config{Name: "x", ID: strings.Repeat("i", 97)}, `election "x": ID of 97 bytes: give at most 96`},
		"meta too long":        {Config{Name: "x", Meta: strings.Repeat("m", 193)}, `election "x": meta of 193 bytes: give at most 192`},
		"lease negative":       {Config{Name: "x", Lease: -time.Second}, `election "x": heartbeat: unsafe timing: lease -1s is outside 2s to 24h0m0s; choose one inside, 15s suits most`},
		"lease of 1 ms":        {Config{Name: "x", Lease: time.Millisecond}, `election "x": heartbeat: unsafe timing: lease 1ms is outside 2s to 24h0m0s; choose one inside, 15s suits most`},
		"lease of 30, no s":    {Config{Name: "x", Lease: 30}, `election "x": lease 30ns is shorter than a millisecond: did you mean 30*time.Second?`},
		"lease of 15000":       {Config{Name: "x", Lease: 15000}, `election "x": lease 15µs is shorter than a millisecond: did you mean 15000*time.Millisecond?`},
		"grace of 3":           {Config{Name: "x", Grace: 3}, `election "x": grace 3ns is shorter than a millisecond: did you mean 3*time.Second?`},
		"cool-down of 5":       {Config{Name: "x", CoolDown: 5}, `election "x": cool-down 5ns is shorter than a millisecond: did you mean 5*time.Second?`},
		"release timeout of 1": {Config{Name: "x", ReleaseTimeout: 1}, `election "x": release timeout 1ns is shorter than a millisecond: did you mean 1*time.Second?`},
		"lease, not rounded":   {Config{Name: "x", Lease: 1500*time.Millisecond + 1}, `election "x": heartbeat: unsafe timing: lease 1.500000001s is outside 2s to 24h0m0s; choose one inside, 15s suits most`},
		"lease just short":     {Config{Name: "x", Lease: 2*time.Second - time.Millisecond}, `election "x": heartbeat: unsafe timing: lease 1.999s is outside 2s to 24h0m0s; choose one inside, 15s suits most`},
		"lease of a year":      {Config{Name: "x", Lease: 365 * 24 * time.Hour}, `election "x": heartbeat: unsafe timing: lease 8760h0m0s is outside 2s to 24h0m0s; choose one inside, 15s suits most`},
		"lease just long":      {Config{Name: "x", Lease: 24*time.Hour + 1}, `election "x": heartbeat: unsafe timing: lease 24h0m0.000000001s is outside 2s to 24h0m0s; choose one inside, 15s suits most`},
		"grace negative":       {Config{Name: "x", Grace: -1}, `election "x": heartbeat: unsafe timing: trust 9s, beat 2s and attempt 1.5s must be positive, grace -1ns and slack 300ms not negative`},
		"grace too long":       {Config{Name: "x", Grace: 5 * time.Second}, `election "x": heartbeat: unsafe timing: trust 9s + grace 5s do not fit into lease 15s: the work could still run when others may take over; lower the grace to 4.271s or raise the lease to 18s`},
		"release negative":     {Config{Name: "x", ReleaseTimeout: -1}, `election "x": release timeout -1ns is outside 0 to 24h0m0s: give a positive one, or 0 for the default`},
		"release too long":     {Config{Name: "x", ReleaseTimeout: 25 * time.Hour}, `election "x": release timeout 25h0m0s is outside 0 to 24h0m0s: give a positive one, or 0 for the default`},
		"bootstrap 7":          {Config{Name: "x", Bootstrap: 7}, `election "x": unknown bootstrap 7: give BootstrapQuarantine or BootstrapImmediate`},
		"bootstrap -1":         {Config{Name: "x", Bootstrap: -1}, `election "x": unknown bootstrap -1: give BootstrapQuarantine or BootstrapImmediate`},
	} {
		_, err := New(aClient(t), c.cfg)
		if !errors.Is(err, ErrConfig) || !Permanent(err) {
			t.Errorf("%s: %v does not wrap ErrConfig", name, err)
		} else if got := strings.TrimPrefix(err.Error(), ErrConfig.Error()+": "); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
		if strings.Contains(c.want, "unsafe timing") && !errors.Is(err, heartbeat.ErrUnsafeTiming) {
			t.Errorf("%s: %v does not wrap ErrUnsafeTiming", name, err)
		}
	}
	if _, err := New(aClient(t), Config{Name: "x", Lease: math.MaxInt64}); !errors.Is(err, heartbeat.ErrUnsafeTiming) {
		t.Errorf("the longest lease that can be written: %v", err)
	}
}

// quiet logs nothing.
var quiet = slog.New(slog.DiscardHandler)

// aClient is a client that never dials.
func aClient(t *testing.T) *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestLongestTexts(t *testing.T) {
	cfg := Config{Name: strings.Repeat("n", 128), ID: strings.Repeat("\xff", 96), Meta: strings.Repeat(" ", 192), Prefix: strings.Repeat("p", 64)}
	if _, err := New(aClient(t), cfg); err != nil {
		t.Error(err)
	}
}

// The advice on the grace can be followed through the config.
func TestAdviceOnTheGraceCanBeFollowed(t *testing.T) {
	for _, lease := range []time.Duration{2 * time.Second, 3 * time.Second, 15 * time.Second, time.Hour} {
		_, err := New(aClient(t), Config{Name: "x", Lease: lease, Grace: lease})
		m := regexp.MustCompile(`lower the grace to (\S+) or raise the lease to (\S+)$`).FindStringSubmatch(fmt.Sprint(err))
		if m == nil {
			t.Fatalf("lease %v: no advice in %v", lease, err)
		}
		grace, _ := time.ParseDuration(m[1])
		longer, _ := time.ParseDuration(m[2])
		if _, err := New(aClient(t), Config{Name: "x", Lease: lease, Grace: grace, Logger: quiet}); err != nil {
			t.Errorf("lease %v, grace lowered to %v: %v", lease, grace, err)
		}
		if _, err := New(aClient(t), Config{Name: "x", Lease: longer, Grace: lease, Logger: quiet}); err != nil {
			t.Errorf("lease raised to %v, grace %v: %v", longer, lease, err)
		}
	}
}

func TestDefaultID(t *testing.T) {
	host, _ := os.Hostname()
	form := regexp.MustCompile(`^` + regexp.QuoteMeta(host[:min(len(host), 60)]) + `.*-` + fmt.Sprint(os.Getpid()) + `-[0-9a-f]{8}$`)
	seen := map[string]bool{}
	for range 100 {
		e, err := New(aClient(t), Config{Name: "x"})
		if err != nil {
			t.Fatal(err)
		}
		if !form.MatchString(e.ID()) || len(e.ID()) > 96 || seen[e.ID()] {
			t.Fatalf("ID %q, or seen before", e.ID())
		}
		seen[e.ID()] = true
	}
}

func TestShortLeasesAreWarnedOf(t *testing.T) {
	for lease, warned := range map[time.Duration]bool{2 * time.Second: true, 3*time.Second - 1: false, 2999 * time.Millisecond: true, 3 * time.Second: false, 0: false} {
		var log bytes.Buffer
		e, err := New(aClient(t), Config{Name: "x", Lease: lease, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(log.String(), "level=WARN"); got != warned {
			t.Errorf("lease %v: warned %v: %s", lease, got, &log)
		}
		if warned && (!strings.Contains(log.String(), "election=x") || !strings.Contains(log.String(), e.ID())) {
			t.Errorf("the warning does not say of which election and candidate: %s", &log)
		}
	}
}

// A client that is used as it is may be making a connection that nobody can end.
func TestStopBudgetKnowsTheClient(t *testing.T) {
	plain := aClient(t)
	failover := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "m", SentinelAddrs: []string{"127.0.0.1:1"}})
	defer failover.Close()
	cluster := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"127.0.0.1:1"}})
	defer cluster.Close()
	for _, c := range []struct {
		rdb  Redis
		more time.Duration
	}{{plain, 0}, {failover, 3 * time.Second}, {cluster, 3 * time.Second}, {struct{ *redis.Client }{plain}, 3 * time.Second}} {
		e, err := New(c.rdb, Config{Name: "x", Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		if want := 3*time.Second + 5*time.Second + 1500*time.Millisecond + c.more; e.StopBudget() != want {
			t.Errorf("%T: stop budget %v, want %v", c.rdb, e.StopBudget(), want)
		}
	}
}

func TestElectorTellsItsConfig(t *testing.T) {
	e, err := New(aClient(t), Config{Name: "x", ID: "me", Lease: 3 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if e.Name() != "x" || e.ID() != "me" || e.Timing() != heartbeat.ForLease(3*time.Second) {
		t.Errorf("%s, %s, %+v", e.Name(), e.ID(), e.Timing())
	}
	if want := 600*time.Millisecond + 3*time.Second + 300*time.Millisecond; e.StopBudget() != want {
		t.Errorf("stop budget %v, want %v", e.StopBudget(), want)
	}
	if e.IsLeader() || e.Check() != nil || e.Logger() == nil {
		t.Errorf("leader %v, check %v before it ran", e.IsLeader(), e.Check())
	}
	if err := e.Lead(context.Background(), nil); !errors.Is(err, ErrConfig) {
		t.Errorf("Lead without work: %v", err)
	}
}

func TestNoGraceIsTooLongToBeRefused(t *testing.T) {
	for _, grace := range []time.Duration{math.MaxInt64, math.MaxInt64 - 9*time.Second, 1 << 62} {
		if _, err := New(aClient(t), Config{Name: "x", Grace: grace}); !errors.Is(err, ErrConfig) {
			t.Errorf("grace %v: %v", grace, err)
		}
	}
}
