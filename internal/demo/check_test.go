package demo

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/redisurl"
)

// The black-box tests of the examples go through what a server may refuse.

func TestProbeChangesNothing(t *testing.T) {
	m := miniredis.RunT(t)
	rdb := redisurl.Server(redis.Options{Addr: m.Addr()}).Connect()
	defer rdb.Close()
	if err := probe(t.Context(), rdb, "e"); err != nil {
		t.Error(err)
	}
	if keys := m.Keys(); len(keys) != 0 {
		t.Errorf("it left %v", keys)
	}
	if err := m.Set("incumbent:{e}", "theirs"); err != nil {
		t.Fatal(err)
	}
	if err := probe(t.Context(), rdb, "e"); err != nil {
		t.Error(err)
	}
	m.CheckGet(t, "incumbent:{e}", "theirs")
}

// Terms rise with the server's clock: a new election must not start with one that
// is far off.
func TestProbeLooksAtTheClock(t *testing.T) {
	m := miniredis.RunT(t)
	m.SetTime(time.Now().Add(48 * time.Hour))
	rdb := redisurl.Server(redis.Options{Addr: m.Addr()}).Connect()
	defer rdb.Close()
	if err := probe(t.Context(), rdb, "e"); !errors.Is(err, election.ErrUnfit) {
		t.Errorf("got %v, want ErrUnfit", err)
	}
	if err := m.Set("incumbent:{e}", "a record"); err != nil {
		t.Fatal(err)
	}
	if err := probe(t.Context(), rdb, "e"); err != nil {
		t.Errorf("an election that exists has its terms already: %v", err)
	}
}

type reply string

func (r reply) Error() string { return string(r) }
func (reply) RedisError()     {}

// What a server says, and what is made of it; the tests of the examples have the
// rest.
func TestExplanations(t *testing.T) {
	for said, want := range map[string]error{
		"WRONGPASS invalid username-password pair":                                        election.ErrDenied,
		"NOAUTH Authentication required.":                                                 election.ErrDenied,
		"NOPERM this user has no permissions to run the 'eval' command":                   election.ErrDenied,
		"ERR The user executing the script can't run this command or subcommand":          election.ErrDenied,
		"ERR ACL failure in script: User x has no permissions to run the 'set' command":   election.ErrDenied,
		"ERR unknown command 'EVALSHA'":                                                   election.ErrUnfit,
		"ERR DB index is out of range":                                                    election.ErrUnfit,
		"MOVED 866 10.0.0.1:7000":                                                         election.ErrUnfit,
		"ERR Error running script: WRONGTYPE Operation against a key of the wrong kind":   election.ErrForeignRecord,
		"LOADING Redis is loading the dataset in memory":                                  election.ErrUnavailable,
		"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'": election.ErrUnavailable,
	} {
		if got := explain(reply(said), "key"); !errors.Is(got, want) {
			t.Errorf("%q: got %v, want %v", said, got, want)
		}
	}
}

func TestExitCodes(t *testing.T) {
	for want, err := range map[int]error{
		0:  nil,
		1:  errStub,
		69: fmt.Errorf("%w at host", errUnreachable),
		77: fmt.Errorf("no: %w", election.ErrDenied),
		78: fmt.Errorf("no: %w", election.ErrForeignRecord),
	} {
		if got := exitCode(err); got != want {
			t.Errorf("%v: exit code %d, want %d", err, got, want)
		}
	}
}

// An instance that fails takes the others along.
func TestFailingInstance(t *testing.T) {
	d, stdout, stderr := newDemo("", "-json", "-candidates", "2")
	code := d.Main(t.Context(), func(ctx context.Context, c *Candidate) error {
		if c.Name(c.ID) == "A" {
			return errStub
		}
		return asleep(ctx, c)
	})
	if code != exitFailure {
		t.Errorf("exit code %d, want 1\n%s%s", code, stdout, stderr)
	}
}

func TestEndByItself(t *testing.T) {
	d, stdout, _ := newDemo("", "-for", "10ms", "-json")
	if code := d.Main(t.Context(), asleep); code != exitOK {
		t.Errorf("exit code %d, want 0\n%s", code, stdout)
	}
}
