package realserver_test

// Shows the faults of docs/guarantees.md: what is forbidden is said at once, and the minimal
// rights are enough.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
)

const secret = "Tr0ub4dor-and-3"

// The rules of docs/operations.md, and what an observer needs at least.
const (
	leaderRules   = "resetchannels &incumbent:{* -@all ~incumbent:{* +get +getrange +set +time +ping +eval +evalsha +publish +subscribe +unsubscribe"
	observerRules = "resetchannels &incumbent:{* -@all %R~incumbent:{* +get +getrange +ping"
	listenerRules = observerRules + " +subscribe +unsubscribe"
)

func TestRightsStandInTheDocuments(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for user, rules := range map[string]string{"leader": leaderRules, "observer": listenerRules} {
		if want := "ACL SETUSER " + user + " reset on >SECRET " + rules + "\n"; !strings.Contains(string(doc), want) {
			t.Errorf("docs/operations.md lacks %q", want)
		}
	}
}

// user makes a user with these rules, and returns a client that logs in as it.
func (o *arena) user(name, rules string, change ...func(*redis.Options)) *redis.Client {
	o.t.Helper()
	args := []any{"ACL", "SETUSER", name, "reset", "on", ">" + secret}
	for _, rule := range strings.Fields(rules) {
		args = append(args, rule)
	}
	o.admin(args...)
	return o.server.Client(append(change, func(options *redis.Options) { options.Username, options.Password = name, secret })...)
}

func resp(version int) func(*redis.Options) {
	return func(o *redis.Options) { o.Protocol = version }
}

// keepsSecrets checks that neither the log nor an error shows a password or what
// makes a record somebody's own.
func (o *arena) keepsSecrets(errs ...error) {
	o.t.Helper()
	shown := o.log.String() + fmt.Sprint(errs)
	nonce := ""
	if f := strings.Fields(o.admin("GET", "incumbent:{x}")); len(f) > 6 {
		nonce = f[6]
	}
	for _, s := range []string{secret, nonce, "redis://"} {
		if s != "" && strings.Contains(shown, s) {
			o.t.Errorf("%q is shown in %s", s, shown)
		}
	}
}

// The minimal rights are enough for everything a candidate does, with either
// protocol: nothing is refused but what the client says of itself.
func TestMinimalRightsOfALeader(t *testing.T) {
	t.Parallel()
	for _, version := range []int{2, 3} {
		t.Run(fmt.Sprint("RESP", version), func(t *testing.T) {
			t.Parallel()
			o := newArena(t)
			a := o.join("a", o.user("leader", leaderRules, resp(version)), patient, quarantineBriefly)
			b := o.join("b", o.user("leader", leaderRules, resp(version)), patient)
			first := a.leader()
			next := b.lead()
			b.event(election.KindStandby)
			first.goesOn()
			expectObserved(t, b, "a")
			if err := b.StepDown(t.Context(), ""); err != nil {
				t.Errorf("StepDown: %v", err)
			}
			if err := first.wait(); !errors.Is(err, election.ErrStepDown) {
				t.Errorf("Lead = %v", err)
			}
			next.begun()
			if l := o.leading(b); l.ID != "b" {
				t.Errorf("the record names %+v", l)
			}
			next.stop()
			if refused := o.refused(); len(refused) > 0 {
				t.Errorf("refused %v", refused)
			}
			if log := o.log.String(); strings.Contains(log, "hints: ") || a.count(election.KindPublishFailed)+b.count(election.KindPublishFailed) > 0 {
				t.Errorf("hints don't get through: %s", log)
			}
			o.keepsSecrets()
		})
	}
}

// expectObserved checks what Observe yields first.
func expectObserved(t *testing.T, m *member, id string) {
	t.Helper()
	for l, err := range m.Observe(t.Context()) {
		if err != nil || l.ID != id {
			t.Errorf("observed %+v, %v; want %s", l, err, id)
		}
		break
	}
}

// quarantineBriefly is for a candidate that shall write a quarantine, too.
func quarantineBriefly(c *election.Config) {
	c.Bootstrap, c.Lease = election.BootstrapQuarantine, 2*time.Second
}

// refused are the commands that the server refused, apart from the client's
// introduction of itself.
func (o *arena) refused() (commands []string) {
	for _, entry := range o.server.Client(resp(2)).ACLLog(o.t.Context(), 100).Val() {
		if !strings.HasPrefix(entry.Object, "client") {
			commands = append(commands, entry.Reason+" "+entry.Object)
		}
	}
	return commands
}

func TestMinimalRightsOfAnObserver(t *testing.T) {
	t.Parallel()
	for rules, version := range map[string]int{observerRules: 2, observerRules + " ": 3, listenerRules: 3} {
		o := newArena(t)
		observer := o.join("observer", o.user("observer", rules, resp(version)))
		if l := o.leading(observer); !l.Nobody() {
			t.Errorf("RESP%d: an absent record names %+v", version, l)
		}
		first := o.candidate("a").leader()
		if l := o.leading(observer); l.ID != "a" || l.Term != first.term || l.Meta != "meta of a" {
			t.Errorf("RESP%d: the record names %+v", version, l)
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		var seen []string
		for l, err := range observer.Observe(ctx) {
			if err != nil {
				t.Fatalf("RESP%d: Observe: %v", version, err)
			}
			if seen = append(seen, l.ID); len(seen) == 2 {
				break
			}
			first.stop()
		}
		if fmt.Sprint(seen) != "[a ]" {
			t.Errorf("RESP%d: observed %q", version, seen)
		}
		for what, err := range map[string]error{"StepDown": observer.StepDown(ctx, ""), "Lead": observer.Lead(ctx, nothing)} {
			if !errors.Is(err, election.ErrDenied) {
				t.Errorf("RESP%d: %s: %v", version, what, err)
			}
		}
		o.admin("SET", "incumbent:{x}", "")
		if _, err := observer.Leader(ctx); !errors.Is(err, election.ErrForeignRecord) {
			t.Errorf("RESP%d: Leader of an empty record: %v", version, err)
		}
		o.admin("DEL", "incumbent:{x}")
		o.admin("LPUSH", "incumbent:{x}", "a")
		if _, err := observer.Leader(ctx); !errors.Is(err, election.ErrForeignRecord) {
			t.Errorf("RESP%d: Leader of a list: %v", version, err)
		}
	}
}

func nothing(context.Context, election.Term) error { return nil }

// Whatever right is missing: the campaign ends at once with an error that says
// so and that waiting will not help.
func TestMissingRights(t *testing.T) {
	t.Parallel()
	for _, version := range []int{2, 3} {
		o := newArena(t)
		for rules, named := range map[string]string{
			leaderRules + " -evalsha": "'evalsha'",
			leaderRules + " -eval":    "'eval'",
			strings.Replace(leaderRules, "~incumbent:{*", "~other*", 1): "key", // "one of the keys" or "a key", as the server has it

			strings.Replace(leaderRules, "~incumbent:{*", "%R~incumbent:{*", 1): "key", // may only read
			// Inside of a script, servers before 7.2 don't say which command it was.
			leaderRules + " -get":      "the minimal ACL",
			leaderRules + " -getrange": "the minimal ACL",
			leaderRules + " -set":      "the minimal ACL",
			leaderRules + " -time":     "the minimal ACL",
		} {
			o.admin("FLUSHALL")
			o.admin("SCRIPT", "FLUSH")
			m := o.join("a", o.user("leader", rules, resp(version)))
			err := m.lead().wait()
			if !errors.Is(err, election.ErrDenied) || !election.Permanent(err) || !strings.Contains(err.Error(), named) {
				t.Errorf("RESP%d, %s: Lead = %v, want one that names %s", version, rules, err, named)
			}
			if got := o.admin("GET", "incumbent:{x}"); got != "<nil>" {
				t.Errorf("RESP%d, %s: wrote %s", version, rules, got)
			}
			o.keepsSecrets(err)
		}
	}
}

// Without the right to publish or to subscribe an election is slower, and says so.
func TestMissingRightsOfHints(t *testing.T) {
	t.Parallel()
	for rules, told := range map[string]func(o *arena, a *member) bool{
		" -publish":   func(_ *arena, a *member) bool { return a.count(election.KindPublishFailed) > 0 },
		" -subscribe": func(o *arena, _ *member) bool { return strings.Contains(o.log.String(), "no notifications: ") },
	} {
		o := newArena(t)
		rdb := o.user("leader", leaderRules+rules)
		a, b := o.join("a", rdb), o.join("b", rdb)
		first := a.leader()
		second := b.lead()
		b.event(election.KindStandby)
		first.goesOn()
		first.stop()
		second.begun()
		if took := second.at.Sub(a.event(election.KindReleased).Time); took > b.Timing().Beat*2 {
			t.Errorf("%s: handed over after %v, want a look's time", rules, took)
		}
		second.stop()
		if !told(o, a) {
			t.Errorf("%s: nobody was told, but of %v; logged %s", rules, a.kinds(), o.log)
		}
	}
}

func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	o := newArena(t, "--requirepass", secret)
	as := func(user, password string, version int) *redis.Client {
		return o.server.Client(resp(version), func(options *redis.Options) { options.Username, options.Password = user, password })
	}
	o.join("right", as("", secret, 3)).once().leader().stop()
	for _, version := range []int{2, 3} {
		for name, rdb := range map[string]*redis.Client{
			"no password":      as("", "", version),
			"a wrong one":      as("", "wrong-"+secret, version),
			"an unknown user":  as("nobody", "wrong-"+secret, version),
			"the caller's own": as("default", "wrong-"+secret, version),
		} {
			m := o.join("a", rdb)
			for what, err := range map[string]error{
				"Lead":     m.lead().wait(),
				"StepDown": m.StepDown(t.Context(), ""),
				"Leader":   second(m.Leader(t.Context())),
			} {
				if !errors.Is(err, election.ErrDenied) || !strings.Contains(err.Error(), "check user and password") {
					t.Errorf("%s, RESP%d: %s = %v, want %v", name, version, what, err, election.ErrDenied)
				}
				if strings.Contains(fmt.Sprint(err, o.log), secret) {
					t.Errorf("%s: the password is shown: %v; %s", name, err, o.log)
				}
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

// A command that the scripts need and that was renamed needs a person.
func TestCommandsInsideScriptsAreRenamed(t *testing.T) {
	t.Parallel()
	for _, cmd := range []string{"GET", "GETRANGE", "SET", "TIME"} {
		o := newArena(t, "--rename-command", cmd, "")
		if err := o.candidate("a").once().lead().wait(); !errors.Is(err, election.ErrUnfit) {
			t.Errorf("without %s: Lead = %v, want %v", cmd, err, election.ErrUnfit)
		}
	}
}
