package realserver_test

// Shows the faults of docs/guarantees.md on a real server: each is named, and is over when it
// is over.

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/redistest"
)

// trouble is a state of a real server in which it refuses what an election asks.
type trouble struct {
	args  []string // of the server
	begin func(o *arena)
	end   func(o *arena)
	says  string // what the error must say, so that somebody can mend it
	looks bool   // whether looking still works
}

var troubles = map[string]trouble{
	"read-only replica": {
		begin: func(o *arena) { o.admin("REPLICAOF", "127.0.0.1", "1") },
		end:   func(o *arena) { o.admin("REPLICAOF", "NO", "ONE") },
		says:  "is a read-only replica, or is becoming one; connect to the master",
		looks: true,
	},
	"replica without its master": {
		args:  []string{"--replica-serve-stale-data", "no"},
		begin: func(o *arena) { o.admin("REPLICAOF", "127.0.0.1", "1") },
		end:   func(o *arena) { o.admin("REPLICAOF", "NO", "ONE") },
		says:  "MASTERDOWN",
	},
	"too few replicas": {
		begin: func(o *arena) { o.admin("CONFIG", "SET", "min-replicas-to-write", "1") },
		end:   func(o *arena) { o.admin("CONFIG", "SET", "min-replicas-to-write", "0") },
		says:  "NOREPLICAS",
		looks: true,
	},
	"out of memory": {
		begin: func(o *arena) {
			o.admin("CONFIG", "SET", "maxmemory-policy", "noeviction")
			o.admin("CONFIG", "SET", "maxmemory", "1mb")
		},
		end:   func(o *arena) { o.admin("CONFIG", "SET", "maxmemory", "0") },
		says:  "is out of memory and refuses to write; raise maxmemory",
		looks: true,
	},
	"unable to save": {
		begin: func(o *arena) { o.failToSave() },
		end:   func(o *arena) { o.admin("CONFIG", "SET", "save", "") },
		says:  "cannot save its data and refuses to write; mend its disk",
		looks: true,
	},
	"busy with a script": {
		args:  []string{"--lua-time-limit", "20"},
		begin: func(o *arena) { o.keepBusy() },
		end:   func(o *arena) { o.admin("SCRIPT", "KILL") },
		says:  "is kept busy by a script; end that with SCRIPT KILL",
	},
}

// failToSave has the server fail to write a snapshot, and refuse writes for it.
func (o *arena) failToSave() {
	o.t.Helper()
	client := o.server.Client()
	dir := client.ConfigGet(o.t.Context(), "dir").Val()["dir"]
	if err := os.RemoveAll(dir); err != nil || dir == "" {
		o.t.Fatalf("removing the server's folder %q: %v", dir, err)
	}
	o.admin("CONFIG", "SET", "save", "3600 1000000")
	o.admin("BGSAVE")
	o.until("a snapshot failed", func() bool {
		return strings.Contains(client.Info(o.t.Context(), "persistence").Val(), "rdb_last_bgsave_status:err")
	})
}

// keepBusy has the server run a script without an end.
func (o *arena) keepBusy() {
	o.t.Helper()
	client := o.server.Client(func(options *redis.Options) { options.MaxRetries, options.ReadTimeout = -1, 2*patience })
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = client.Eval(context.Background(), "while true do end", nil).Err() // that it was killed
	}()
	o.t.Cleanup(func() {
		_ = o.server.Client().ScriptKill(context.Background()).Err() // the test may have ended early
		<-ended
	})
	o.until("the server is busy", func() bool {
		err := o.server.Client().Get(o.t.Context(), "k").Err()
		return redis.HasErrorPrefix(err, "BUSY")
	})
}

// until asks the server again and again.
func (o *arena) until(what string, is func() bool) {
	o.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !is() {
		select {
		case <-tick.C:
		case <-deadline:
			o.t.Fatalf("not after %v: %s", patience, what)
		}
	}
}

// A candidate is told what is the matter, in words that help, and leads when it
// is over; a leader is told too, and outlives it if that is soon enough.
func TestTroublesAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range troubles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newArena(t, c.args...)
			a, b := o.candidate("a", patient), o.candidate("b", patient)
			first := a.leader()
			first.goesOn()
			c.begin(o)
			a.next()
			expectTrouble(t, "the leader was told", a.event(election.KindBeatFailed).Err, c.says)
			expectTrouble(t, "StepDown", b.StepDown(t.Context(), ""), c.says)
			l, err := b.Leader(t.Context())
			switch {
			case c.looks && (err != nil || l.ID != "a"):
				t.Errorf("the record names %+v, %v", l, err)
			case !c.looks:
				expectTrouble(t, "Leader", err, c.says)
				expectTrouble(t, "Lead", b.trouble(), c.says)
			}
			c.end(o)
			first.goesOn()
		})
	}
}

// expectTrouble checks an error that tells of a trouble that may pass.
func expectTrouble(t *testing.T, what string, err error, says string) {
	t.Helper()
	if !errors.Is(err, election.ErrUnavailable) || election.Permanent(err) || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: %v, want %v that says %q", what, err, election.ErrUnavailable, says)
	}
}

// A leader whose server refuses to write for longer than the trust is not one any
// more, and somebody leads soon after it is over.
func TestATroubleThatLasts(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"out of memory", "read-only replica"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newArena(t)
			a := o.candidate("a")
			first := a.leader()
			troubles[name].begin(o)
			if cause := first.over(); !errors.Is(cause, election.ErrExpired) {
				t.Errorf("cause %v, want %v", cause, election.ErrExpired)
			}
			if err := first.wait(); !errors.Is(err, election.ErrExpired) {
				t.Errorf("Lead = %v", err)
			}
			a.event(election.KindReleaseFailed)
			second := o.candidate("b").lead()
			troubles[name].end(o)
			second.begun()
		})
	}
}

// A server that does not run scripts is told at once, and can be observed.
func TestScriptingIsSwitchedOff(t *testing.T) {
	t.Parallel()
	o := newArena(t, "--rename-command", "EVAL", "", "--rename-command", "EVALSHA", "")
	m := o.candidate("a")
	for what, err := range map[string]error{"Lead": m.lead().wait(), "StepDown": m.StepDown(t.Context(), "")} {
		if !errors.Is(err, election.ErrUnfit) || !election.Permanent(err) || !strings.Contains(err.Error(), "it does not run scripts: switch scripting on") {
			t.Errorf("%s = %v", what, err)
		}
	}
	if l := o.leading(m); !l.Nobody() {
		t.Errorf("the record names %+v", l)
	}
}

// A server that is still loading is waited for, and named.
func TestServerIsLoading(t *testing.T) {
	t.Parallel()
	o := newArena(t, "--save", "3600 1000000", "--key-load-delay", "0")
	if !strings.Contains(o.admin("CONFIG", "GET", "key-load-delay"), "key-load-delay") {
		redistest.Missing(t, "this server can't be made to load slowly")
	}
	for i := range 40 {
		o.admin("SET", i, strings.Repeat("x", 4096))
	}
	o.admin("CONFIG", "SET", "rdbcompression", "no")
	o.admin("SAVE")
	m := o.candidate("a")
	told := make(chan error, 1)
	stop := make(chan struct{})
	go func() {
		for {
			_, err := m.Leader(t.Context())
			if err != nil && strings.Contains(err.Error(), "is still loading its data: ") {
				told <- err
				return
			}
			select {
			case <-stop:
				told <- err
				return
			default: // it may not even have been stopped yet
			}
		}
	}()
	o.server.Restart("--save", "3600 1000000", "--key-load-delay", "50000", "--loading-process-events-interval-bytes", "1024")
	close(stop) // it has loaded
	expectTrouble(t, "Leader", <-told, "is still loading its data")
}

func TestTooManyClients(t *testing.T) {
	t.Parallel()
	o := newArena(t)
	first := o.candidate("a", patient).leader()
	first.goesOn()
	admin := o.server.Client()
	b := o.candidate("b").once()
	if err := admin.ConfigSet(t.Context(), "maxclients", "3").Err(); err != nil {
		t.Fatal(err)
	}
	err := b.lead().wait()
	if !errors.Is(err, election.ErrUnavailable) || election.Permanent(err) {
		t.Errorf("Lead = %v", err)
	}
	first.goesOn()
	if err := admin.ConfigSet(t.Context(), "maxclients", "100").Err(); err != nil {
		t.Fatal(err)
	}
	if err := b.lead().wait(); !errors.Is(err, election.ErrHeld) {
		t.Errorf("Lead when there is room again: %v", err)
	}
}

// Nobody there, and nobody of that name.
func TestUnreachableServers(t *testing.T) {
	t.Parallel()
	o := newArena(t)
	o.server.Kill()
	nowhere := redis.NewClient(&redis.Options{Addr: "no-such-host.invalid:6379"})
	defer nowhere.Close()
	for says, m := range map[string]*member{
		"nothing listens on " + o.server.Addr() + "; start redis-server there, or check the address": o.candidate("a"),
		"the name of no-such-host.invalid:6379 is not known; check the address":                      o.join("b", nowhere, func(c *election.Config) { c.Lease = 15 * time.Second }),
	} {
		expectTrouble(t, "Lead", m.trouble(), says)
	}
}

// A client that cannot get along with its server is told so at once, and how to mend it.
func TestUnfitClients(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t, time.Minute)
	cluster := &arena{t: t, server: c.Bystander("incumbent:{x}"), log: &memo{}, working: map[election.Term]string{}}
	one := newArena(t)
	other := func(options *redis.Options) { options.DB = 99 }
	for says, m := range map[string]*member{
		"this is a cluster: use redis.NewClusterClient": cluster.candidate("a"),
		"a cluster has no database but 0":               cluster.join("b", cluster.server.Client(other)),
		"no database of that number":                    one.join("c", one.server.Client(other)),
	} {
		for what, err := range map[string]error{"Lead": m.lead().wait(), "StepDown": m.StepDown(t.Context(), ""), "Leader": second(m.Leader(t.Context()))} {
			if !errors.Is(err, election.ErrUnfit) || !election.Permanent(err) || !strings.Contains(err.Error(), says) {
				t.Errorf("%s = %v, want %v that says %q", what, err, election.ErrUnfit, says)
			}
		}
	}
}

// Channels know no databases: elections of one name in two databases of a server
// hear each other.
func TestElectionsInTwoDatabases(t *testing.T) {
	t.Parallel()
	o, other := newArena(t), &arena{t: t, log: &memo{}, working: map[election.Term]string{}}
	other.server = o.server
	network := o.server.Link()
	one := func(options *redis.Options) { options.DB = 1 }
	a, b := o.join("a", o.server.ClientThrough(network, one)), o.join("b", o.server.Client(one))
	first := a.leader()
	next := b.lead()
	b.event(election.KindStandby)
	loud := other.candidate("loud").leader() // the same name in database 0, with a later term
	loud.goesOn()
	network.Cut()
	cut := time.Now()
	_ = first.over()
	select {
	case <-next.elected:
		if took := next.at.Sub(cut); took > b.Timing().Failover().Worst+time.Second {
			t.Errorf("taken over after %v", took)
		}
	case <-time.After(5 * b.Timing().Failover().Worst):
		t.Errorf("nobody took over within five times the worst bound; logged\n%s", o.log)
	}
}

// twoMethods is a wrapper that hides the number of its database.
type twoMethods struct{ client *redis.Client }

func (t twoMethods) Pipelined(ctx context.Context, fn func(redis.Pipeliner) error) ([]redis.Cmder, error) {
	return t.client.Pipelined(ctx, fn)
}

func (t twoMethods) Subscribe(ctx context.Context, channels ...string) *redis.PubSub {
	return t.client.Subscribe(ctx, channels...)
}

// Who does not know its database hears the beats of an election of the same name in
// database 0. They do not stand in for those of a leader that is dead.
func TestHintsOfAnotherDatabaseKeepNobodyOut(t *testing.T) {
	t.Parallel()
	o, other := newArena(t), &arena{t: t, log: &memo{}, working: map[election.Term]string{}}
	other.server = o.server
	in3 := func(options *redis.Options) { options.DB, options.ContextTimeoutEnabled = 3, true }
	dead := record.Record{Status: record.Led, Term: 1700000000000, Beat: 5, Lease: 2 * time.Second, Holder: "dead", Nonce: record.NewNonce(), ID: "-"}.String()
	if err := o.server.Client(in3).Set(t.Context(), "incumbent:{x}", dead, 0).Err(); err != nil {
		t.Fatal(err)
	}
	loud := other.candidate("loud").leader()
	loud.goesOn()
	began := time.Now()
	s := o.join("a", twoMethods{o.server.Client(in3)}).lead()
	s.begun()
	if took := time.Since(began); took > 2*s.m.Timing().Lease {
		t.Errorf("elected after %v, want a lease and a look", took)
	}
	loud.goesOn()
}
