package election

// Shows the faults of docs/guarantees.md: a server that refuses is waited for, unless a person
// is needed.

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// passing are answers after which everything may be as before.
var passing = map[string]string{
	"LOADING Redis is loading the dataset in memory":                             "loading",
	"READONLY You can't write against a read only replica.":                      "master",
	"MISCONF Redis is configured to save RDB snapshots":                          "disk",
	"BUSY Redis is busy running a script.":                                       "SCRIPT KILL",
	"ERR max number of clients reached":                                          "maxclients",
	"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to": "MASTERDOWN",
	"CLUSTERDOWN The cluster is down":                                            "CLUSTERDOWN",
	"TRYAGAIN Multiple keys request during rehashing of slot":                    "TRYAGAIN",
	"NOREPLICAS Not enough good replicas to write.":                              "NOREPLICAS",
	"OOM command not allowed when used memory > 'maxmemory'.":                    "maxmemory",
	"ERR something that nobody has ever heard of":                                "nobody has ever",
}

// lasting are answers that need a person, and the errors that they become.
var permanent = map[string]error{
	"NOAUTH Authentication required.":                                   ErrDenied,
	"WRONGPASS invalid username-password pair or user is disabled.":     ErrDenied,
	"NOPERM this user has no permissions to run the 'evalsha' command":  ErrDenied,
	"ERR unknown command `EVALSHA`, with args beginning with: `look`, ": ErrUnfit,
	"CROSSSLOT Keys in request don't hash to the same slot":             ErrUnfit,
}

// scripts refuses what an election asks.
func scripts(answer string) func(string, []string) string {
	return func(cmd string, _ []string) string {
		if strings.HasPrefix(cmd, "EVAL") {
			return answer
		}
		return ""
	}
}

func TestStandbyWaitsForAServerInTrouble(t *testing.T) {
	for answer, hint := range passing {
		bubble(t, func(w *world) {
			a := w.candidate("a")
			w.refuse(scripts(answer))
			r := a.lead(obey)
			time.Sleep(time.Minute)
			healed := w.since()
			w.refuse(nil)
			r.begun()
			if took := r.at - healed; took > a.Timing().Beat {
				w.Errorf("%.20q: elected %v after it was over", answer, took)
			}
			if got := fmt.Sprint(a.kinds()); got != "[unreachable reachable elected]" {
				w.Errorf("%.20q: events %v", answer, got)
			}
			if err := a.event(KindUnreachable).Err; !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), hint) {
				w.Errorf("%.20q: told %v, want something about %q", answer, err, hint)
			}
		})
	}
}

func TestCampaignEndsWhereAPersonIsNeeded(t *testing.T) {
	for answer, want := range permanent {
		bubble(t, func(w *world) {
			w.refuse(scripts(answer))
			r := w.candidate("a").lead(obey)
			if err := r.wait(); !errors.Is(err, want) || !Permanent(err) || r.errAt != 0 {
				w.Errorf("%.20q: Lead = %v, want %v", answer, err, want)
			}
		})
	}
}

// While leading, an answer that is no record proves nothing: not even one that
// would end a campaign.
func TestLeaderOutlivesAServerInTrouble(t *testing.T) {
	t.Parallel()
	var answers []string
	for answer := range passing {
		answers = append(answers, answer)
	}
	for answer := range permanent {
		answers = append(answers, answer)
	}
	for _, answer := range answers {
		bubble(t, func(w *world) {
			a := w.candidate("a")
			r := a.leader(obey)
			time.Sleep(time.Minute)
			w.refuse(scripts(answer))
			time.Sleep(6 * time.Second)
			w.refuse(nil)
			time.Sleep(time.Minute)
			if r.ctx.Err() != nil || a.count(KindBeatFailed) != 1 {
				w.Errorf("%.20q: %v", answer, a.kinds())
			}
			last := a.anchor()
			w.refuse(scripts(answer))
			if at, cause := r.over(); at != a.trustFrom(last) || !errors.Is(cause, ErrExpired) {
				w.Errorf("%.20q: ended after %v with %v, want %v with %v", answer, at-last, cause, a.Timing().Trust, ErrExpired)
			}
		})
	}
}

// A server that is out of memory refuses SET inside of the script: nobody may
// take that for an executed write.
func TestOutOfMemoryInsideOfTheScript(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.candidate("a")
		r := a.leader(obey)
		time.Sleep(time.Minute)
		last := a.anchor()
		w.refuse(func(cmd string, _ []string) string {
			if cmd == "SET" {
				return "OOM command not allowed when used memory > 'maxmemory'."
			}
			return ""
		})
		if at, _ := r.over(); at != a.trustFrom(last) {
			w.Errorf("ended after %v", at-last)
		}
		w.refuse(nil)
		_ = r.wait()
		a.lead(obey).begun()
	})
}

// A hint that cannot be published neither undoes nor hides the write before it.
func TestHintsMayBeRefused(t *testing.T) {
	bubble(t, func(w *world) {
		a, b := w.candidate("a"), w.candidate("b", deaf)
		w.refuse(func(cmd string, _ []string) string {
			if cmd == "PUBLISH" {
				return "NOPERM this user has no permissions to access one of the channels"
			}
			return ""
		})
		ra := a.leader(obey)
		rb := b.lead(obey)
		time.Sleep(time.Minute)
		if ra.ctx.Err() != nil || a.count(KindBeatFailed) != 0 {
			w.Errorf("the term did not go on: %v", a.kinds())
		}
		if n := a.count(KindPublishFailed); n < 1 || n > 2 {
			w.Errorf("told %d times of it: %v", n, a.kinds())
		} else if err := a.event(KindPublishFailed).Err; err == nil || !strings.Contains(err.Error(), "NOPERM") {
			w.Errorf("told of %v", err)
		}
		at := w.since()
		_ = ra.stop()
		rb.begun()
		if rb.at > at+b.Timing().Beat*11/10 {
			w.Errorf("successor after %v", rb.at-at)
		}
	})
}

func TestFlushedScriptsAreLoadedAgain(t *testing.T) {
	bubble(t, func(w *world) {
		a, b := w.candidate("a"), w.candidate("b")
		r := a.leader(obey)
		b.lead(obey)
		admin := w.stub.Client(w.stub.Link())
		for range 60 {
			time.Sleep(777 * time.Millisecond)
			if err := admin.ScriptFlush(w.Context()).Err(); err != nil {
				w.Fatal(err)
			}
		}
		if r.ctx.Err() != nil || a.count(KindBeatFailed) != 0 || b.count(KindUnreachable) != 0 {
			w.Errorf("events %v, %v", a.kinds(), b.kinds())
		}
	})
}
