package schedule

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
)

// schedulerRules are the rights that a leader with a schedule needs.
const schedulerRules = "resetchannels &incumbent:{* -@all ~incumbent:{* +get +getrange +set +time +ping +eval +evalsha +publish +subscribe +unsubscribe +hget +hset +hdel +hlen +hgetall +lpush +ltrim +lrange +del"

func TestRightsOfAScheduleStandInTheDocuments(t *testing.T) {
	doc, err := os.ReadFile("../docs/operations.md")
	if want := "ACL SETUSER scheduler reset on >SECRET " + schedulerRules + "\n"; err != nil || !strings.Contains(string(doc), want) {
		t.Errorf("docs/operations.md lacks %q, %v", want, err)
	}
}

// onServers runs a test on the stand-in, on a server with the least rights, by both versions of
// the protocol, and on a cluster.
func onServers(t *testing.T, f func(t *testing.T, admin redis.UniversalClient, client register.Client)) {
	t.Helper()
	t.Parallel()
	t.Run("stand-in", func(t *testing.T) {
		t.Parallel()
		client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
		t.Cleanup(func() { _ = client.Close() })
		f(t, client, client)
	})
	for _, version := range []int{2, 3} {
		t.Run(fmt.Sprint("server, RESP", version), func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			admin := server.Client()
			args := []any{"ACL", "SETUSER", "scheduler", "reset", "on", ">secret"}
			for rule := range strings.FieldsSeq(schedulerRules) {
				args = append(args, rule)
			}
			if err := admin.Do(t.Context(), args...).Err(); err != nil {
				t.Fatal(err)
			}
			f(t, admin, server.Client(func(o *redis.Options) { o.Username, o.Password, o.Protocol = "scheduler", "secret", version }))
		})
	}
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		client := redistest.StartCluster(t, time.Minute).Client()
		f(t, client, client)
	})
}

// A ledgerTest is one ledger under a record.
type ledgerTest struct {
	*testing.T

	admin  redis.UniversalClient
	store  store
	record record.Record
}

func newLedgerTest(t *testing.T, admin redis.UniversalClient, client register.Client) *ledgerTest {
	t.Helper()
	rec := record.Record{Status: record.Led, Term: 1_763_692_999_000, Lease: 3 * time.Second, Holder: "a", Nonce: record.NewNonce(), ID: "-"}
	grant := rec.Grant()
	h := register.Holder{Place: register.NewPlace("incumbent:", "nightly", 0), Client: client, Grant: grant}
	h.Line, h.Attempt, h.Memory, h.Name = register.NewLine(client, seam.NewSystem()), 10*time.Second, &sync.Map{}, "nightly"
	l := &ledgerTest{t, admin, store{h, &grant}, rec}
	l.lead(rec)
	return l
}

func (l *ledgerTest) lead(r record.Record) {
	l.admin.Set(l.Context(), l.store.holder.Place.Key, r.String(), 0)
}

// write sends one write and returns its code, or the error.
func (l *ledgerTest) write(expect, next string, notBefore int64, line string) (string, error) {
	w, err := readWritten(l.store.ask(l.Context(), l.store.writeCall("m", expect, next, notBefore, line)))
	return w.code, err
}

func (l *ledgerTest) expect(what, wantCode, wantEntry string, expect, next string, notBefore int64, line string) {
	l.Helper()
	code, err := l.write(expect, next, notBefore, line)
	if got := l.admin.HGet(l.Context(), l.store.key(), "m").Val(); err != nil || code != wantCode || got != wantEntry {
		l.Errorf("%s: %s, %v, and the entry is %q; want %s and %q", what, code, err, got, wantCode, wantEntry)
	}
}

func TestTheScriptComparesBytesInOneStepWithTheRecord(t *testing.T) {
	onServers(t, func(t *testing.T, admin redis.UniversalClient, client register.Client) {
		l := newLedgerTest(t, admin, client)
		history := func() []string { return admin.LRange(t.Context(), l.store.history("m"), 0, -1).Val() }
		future := time.Now().Add(time.Hour).UnixMilli()

		l.expect("over nothing", "done", "one", "", "one", 0, "first")
		l.expect("a copy", "done", "one", "", "one", 0, "first")
		l.expect("over nothing again", "other", "one", "", "two", 0, "never")
		l.expect("too early", "early", "one", "one", "two", future, "never")
		l.expect("over what stands", "done", "two", "one", "two", 1, "")
		l.expect("a late copy", "other", "two", "", "one", 0, "never")
		if got := history(); fmt.Sprint(got) != "[first]" {
			t.Errorf("history %q", got)
		}
		for name, rec := range map[string]record.Record{
			"a draining leader": l.record.Next(record.Draining), "a beat": l.record.Next(record.Led),
		} {
			l.lead(rec)
			l.expect(name, "done", "two", "two", "two", 0, "")
		}
		other := l.record
		other.Nonce = record.NewNonce()
		for name, rec := range map[string]record.Record{"another": other, "vacant": l.record.Next(record.Vacant)} {
			l.lead(rec)
			if _, err := l.write("two", "three", 0, "never"); !errors.Is(err, register.ErrNotHeld) {
				t.Errorf("%s: %v", name, err)
			}
			if _, _, err := readEntries(l.store.ask(t.Context(), l.store.readCall(""))); !errors.Is(err, register.ErrNotHeld) {
				t.Errorf("%s, read: %v", name, err)
			}
		}
		l.store.grant = nil // who only asks
		l.expect("who asks", "done", "three", "two", "three", 0, "")
		for i := range 30 {
			l.expect("more", "done", fmt.Sprint(i), fmt.Sprint(map[bool]any{true: "three", false: i - 1}[i == 0]), fmt.Sprint(i), 0, fmt.Sprint("line ", i))
		}
		if got := history(); len(got) != linesKept || got[0] != "line 29" {
			t.Errorf("history %q", got)
		}
		l.expect("removed", "done", "", "29", "", 0, "")
		if got := history(); len(got) != 0 {
			t.Errorf("history %q", got)
		}
	})
}

func TestTheLedgerIsBounded(t *testing.T) {
	onServers(t, func(t *testing.T, admin redis.UniversalClient, client register.Client) {
		l := newLedgerTest(t, admin, client)
		largest := strings.Repeat("x", entrySize)
		for i := range 1000 {
			admin.HSet(t.Context(), l.store.key(), fmt.Sprint("job", i), largest)
		}
		l.expect("one more", "full", "", "", "one", 0, "never")
		server, entries, err := readEntries(l.store.ask(t.Context(), l.store.readCall("")))
		if err != nil || len(entries) != 1000 || entries["job999"] != largest || time.Since(time.UnixMicro(server)).Abs() > time.Minute {
			t.Errorf("%d entries at %d, %v", len(entries), server, err)
		}
		if _, one, err := readEntries(l.store.ask(t.Context(), l.store.readCall("job7"))); err != nil || len(one) != 1 || one["job7"] != largest {
			t.Errorf("%v, %v", one, err)
		}
	})
}

func TestKeysOfAnotherType(t *testing.T) {
	onServers(t, func(t *testing.T, admin redis.UniversalClient, client register.Client) {
		l := newLedgerTest(t, admin, client)
		admin.Set(t.Context(), l.store.history("m"), "something", 0)
		w, err := readWritten(l.store.ask(t.Context(), l.store.writeCall("m", "", "one", 0, "line")))
		if err != nil || w.code != "done" || !strings.Contains(w.lost, "WRONGTYPE") {
			t.Errorf("history: %+v, %v", w, err)
		}
		admin.Del(t.Context(), l.store.key())
		admin.Set(t.Context(), l.store.key(), "something", 0)
		if _, err := l.write("", "one", 0, ""); !errors.Is(l.store.explain(err), election.ErrForeignRecord) {
			t.Errorf("ledger: %v", err)
		}
		if _, _, err := readEntries(l.store.ask(t.Context(), l.store.readCall(""))); !errors.Is(l.store.explain(err), election.ErrForeignRecord) {
			t.Errorf("ledger, read: %v", err)
		}
		if _, err := l.store.entries(t.Context()); !errors.Is(err, election.ErrForeignRecord) {
			t.Errorf("ledger, plain: %v", err)
		}
		if got := admin.Get(t.Context(), l.store.key()).Val(); got != "something" {
			t.Errorf("overwritten with %q", got)
		}
	})
}

func TestServersThatRefuse(t *testing.T) {
	server := redistest.Start(t)
	admin := server.Client()
	l := newLedgerTest(t, admin, server.Client())
	do := func(args ...any) {
		if err := admin.Do(t.Context(), args...).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		begin, end []any
		want       error
		says       string
	}{
		"full":       {[]any{"CONFIG", "SET", "maxmemory", "1"}, []any{"CONFIG", "SET", "maxmemory", "0"}, election.ErrUnavailable, "raise maxmemory"},
		"read-only":  {[]any{"REPLICAOF", "127.0.0.1", "1"}, []any{"REPLICAOF", "NO", "ONE"}, election.ErrUnavailable, "connect to the master"},
		"no scripts": {[]any{"ACL", "SETUSER", "default", "-evalsha", "-eval"}, []any{"ACL", "SETUSER", "default", "+@all"}, election.ErrDenied, "grant the missing right"},
		"no hashes":  {[]any{"ACL", "SETUSER", "default", "-hget"}, []any{"ACL", "SETUSER", "default", "+@all"}, election.ErrDenied, "grant the missing right"},
	} {
		t.Run(name, func(t *testing.T) {
			do(c.begin...)
			_, err := l.write("", "one", 0, "")
			do(c.end...)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
		})
	}
}

// A packet holds many calls, and the server learns each script from the first of them.
func TestManyWritesInOnePacket(t *testing.T) {
	onServers(t, func(t *testing.T, admin redis.UniversalClient, client register.Client) {
		l := newLedgerTest(t, admin, client)
		var calls []register.Call
		for i := range packetSize {
			calls = append(calls, l.store.writeCall(fmt.Sprint("job", i), "", "one", 0, "line"))
		}
		for range 2 {
			results, _ := l.store.holder.Line.Send(t.Context(), time.Minute, calls)
			for i, r := range results {
				if w, err := readWritten(r); err != nil || w.code != "done" || w.is != "one" {
					t.Fatalf("call %d: %+v, %v", i, w, err)
				}
			}
		}
		if n := admin.HLen(t.Context(), l.store.key()).Val(); n != packetSize {
			t.Errorf("%d entries", n)
		}
	})
}

// Who may only read sees all jobs and their history.
func TestReadingNeedsNoScripts(t *testing.T) {
	server := redistest.Start(t)
	admin := server.Client()
	args := []any{"ACL", "SETUSER", "observer", "reset", "on", ">secret"}
	for rule := range strings.FieldsSeq("resetchannels &incumbent:{* -@all %R~incumbent:{* +ping +hgetall +lrange") {
		args = append(args, rule)
	}
	if err := admin.Do(t.Context(), args...).Err(); err != nil {
		t.Fatal(err)
	}
	l := newLedgerTest(t, admin, admin)
	l.expect("an entry", "done", largest().String(), "", largest().String(), 0, line{run: runOf{due: 60_000, attempt: 1}, outcome: OutcomeDone}.String())
	e, err := election.New(server.Client(func(o *redis.Options) { o.Username, o.Password = "observer", "secret" }), election.Config{Name: "nightly"})
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := NewLedger(e).Jobs(t.Context())
	if err != nil || len(jobs) != 1 || jobs[0].Job != "m" || jobs[0].Last.Outcome != OutcomeDone {
		t.Errorf("%+v, %v", jobs, err)
	}
	if all, err := NewLedger(e).History(t.Context(), "m", 0); err != nil || len(all) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	if err := NewLedger(e).Trigger(t.Context(), "m", ""); !errors.Is(err, election.ErrDenied) {
		t.Errorf("asked: %v", err)
	}
}
