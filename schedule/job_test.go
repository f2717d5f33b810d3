package schedule

// Shows what a schedule refuses, and the defaults.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/election"
)

func TestBadJobs(t *testing.T) {
	t.Parallel()
	good := Job{Name: "report", Due: Every(time.Minute), Run: func(context.Context, Tick) error { return nil }}
	with := func(change func(*Job)) []Job {
		j := good
		change(&j)
		return []Job{good.as("other"), j}
	}
	const form = "give 1 to 64 characters of A-Z a-z 0-9 . _ -"
	for want, jobs := range map[string][]Job{
		`a schedule without jobs: give at least one`:                                                      nil,
		`1001 jobs in a schedule: give at most 1000, or a second election`:                                make([]Job, 1001),
		`job 2 has the name "": ` + form:                                                                  with(func(j *Job) { j.Name = "" }),
		`job 2 has the name "a b": ` + form:                                                               with(func(j *Job) { j.Name = "a b" }),
		`job 2 has the name "a/b": ` + form:                                                               with(func(j *Job) { j.Name = "a/b" }),
		`job 2 has the name "ä": ` + form:                                                                 with(func(j *Job) { j.Name = "ä" }),
		`job 2 has the name "a\n": ` + form:                                                               with(func(j *Job) { j.Name = "a\n" }),
		`job 2 has the name "` + strings.Repeat("x", 65) + `": ` + form:                                   with(func(j *Job) { j.Name = strings.Repeat("x", 65) }),
		`two jobs are named "other": give each its own name`:                                              with(func(j *Job) { j.Name = "other" }),
		`job 2 "report": Formerly is "{x}": ` + form:                                                      with(func(j *Job) { j.Formerly = "{x}" }),
		`job "report" was formerly "other", but a job of that name exists: its past is its own`:           with(func(j *Job) { j.Formerly = "other" }),
		`job "report" was formerly "report", but a job of that name exists: its past is its own`:          with(func(j *Job) { j.Formerly = "report" }),
		`jobs "a" and "b" were both formerly "c": one of them can take over its past`:                     {good.as("a").was("c"), good.as("b").was("c")},
		`job 2 "report": Run is nil: give a function`:                                                     with(func(j *Job) { j.Run = nil }),
		`job 2 "report": Attempts is -1: give 1 to 1000, or 0 for 1`:                                      with(func(j *Job) { j.Attempts = -1 }),
		`job 2 "report": Attempts is 1001: give 1 to 1000, or 0 for 1`:                                    with(func(j *Job) { j.Attempts = 1001 }),
		`job 2 "report": CatchUp is -1: give 1 to 1000, or 0 for 1`:                                       with(func(j *Job) { j.CatchUp = -1 }),
		`job 2 "report": CatchUp is 1001: give 1 to 1000, or 0 for 1`:                                     with(func(j *Job) { j.CatchUp = 1001 }),
		`job 2 "report": Timeout is -1s: give a positive duration, or 0 for none`:                         with(func(j *Job) { j.Timeout = -time.Second }),
		`job 2 "report": Late is -1s: give a positive duration, or 0 for none`:                            with(func(j *Job) { j.Late = -time.Second }),
		`job 2 "report": Jitter is -1ns: give a positive duration, or 0 for none`:                         with(func(j *Job) { j.Jitter = -1 }),
		`job 2 "report": Late is 30ns, which is shorter than a millisecond: did you mean 30*time.Second?`: with(func(j *Job) { j.Late = 30 }),
		`job 2 "report": Late 5s is shorter than Jitter 10s: some due times would never start`:            with(func(j *Job) { j.Late, j.Jitter = 5*time.Second, 10*time.Second }),
		`job 2 "report": Jitter 1m0s reaches the next due time, 1m0s later: give less`:                    with(func(j *Job) { j.Jitter = time.Minute }),
		`job 2 "report": Jitter 2h0m0s reaches the next due time, 1h0m0s later: give less`: with(func(j *Job) {
			j.Due, j.Jitter = Cron("0 9,10 * * *", "Europe/Berlin"), 2*time.Hour
		}),
		`no calendar: make one with Every, Cron or Custom`:                                                       with(func(j *Job) { j.Due = Calendar{} }),
		`cron expression "x": it has 1 fields: give 5, which are minute, hour, day of month, month, day of week`: with(func(j *Job) { j.Due = Cron("x", "") }),
	} {
		_, err := checked(jobs)
		if !errors.Is(err, election.ErrConfig) || !strings.HasSuffix(fmt.Sprint(err), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if n := strings.Count(fmt.Sprint(err), election.ErrConfig.Error()); n != 1 {
			t.Errorf("%v says %d times that the config is bad", err, n)
		}
	}
}

func (j Job) as(name string) Job { j.Name = name; return j }

func (j Job) was(name string) Job { j.Formerly = name; return j }

func TestDefaultsOfJobs(t *testing.T) {
	t.Parallel()
	run := func(context.Context, Tick) error { return nil }
	once := Custom("once", func(t time.Time) time.Time {
		if t.Before(midnight(2030, 1, 1)) {
			return midnight(2030, 1, 1)
		}
		return time.Time{}
	})
	jobs, err := checked([]Job{
		{Name: "A-z.0_9", Due: Every(time.Second), Run: run},
		{Name: strings.Repeat("x", 64), Due: once, Run: run, Attempts: 1000, CatchUp: 1000, Jitter: time.Hour, Late: time.Hour, Formerly: "y"},
	})
	if err != nil || len(jobs) != 2 {
		t.Fatal(jobs, err)
	}
	for i, want := range []int{1, 1000} {
		if j := jobs[i]; j.Attempts != want || j.CatchUp != want {
			t.Errorf("%s: %d attempts, %d to catch up, want %d", j.Name, j.Attempts, j.CatchUp, want)
		}
	}
	many := make([]Job, maxJobs)
	for i := range many {
		many[i] = Job{Name: fmt.Sprint("job-", i), Due: Every(time.Minute), Run: run, Jitter: time.Second}
	}
	if jobs, err := checked(many); err != nil || len(jobs) != maxJobs {
		t.Error(len(jobs), err)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	berlin := midnight(2026, 11, 27).Add(3 * time.Hour).In(load(t, "Europe/Berlin"))
	for want, got := range map[string]string{
		"nightly/report/2026-11-27T03:00:00Z":   dueKey("nightly", "report", berlin),
		"nightly/report/2026-11-27T03:00:01.5Z": dueKey("nightly", "report", berlin.Add(1500*time.Millisecond)),
		"nightly/report/asked/1795748400000001": askedKey("nightly", "report", 1_795_748_400_000_001),
		"tenants/7/report/2026-11-27T03:00:00Z": dueKey("tenants/7", "report", berlin),
		"nightly/report.v2/asked/-1":            askedKey("nightly", "report.v2", -1),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
