package schedule

// Shows which due times of an outage wait and which are dropped, and that years of them cost
// no more than days.

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"example.com/incumbent/election"
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	when, err := time.Parse("2006-01-02 15:04:05.999", text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func TestBacklog(t *testing.T) {
	t.Parallel()
	minutely, daily := Every(time.Minute), Cron("30 2 * * *", "Europe/Berlin")
	for name, tt := range map[string]struct {
		job          Job
		after, now   string
		oldest, next string // "" is none
		waiting      int
		late, pushed int
	}{
		"nothing is due": {
			job: Job{Due: minutely}, after: "2026-01-01 00:00:00", now: "2026-01-01 00:00:59.999", next: "2026-01-01 00:01:00",
		},
		"due to the millisecond": {
			job: Job{Due: minutely}, after: "2026-01-01 00:00:00", now: "2026-01-01 00:01:00",
			oldest: "2026-01-01 00:01:00", waiting: 1, next: "2026-01-01 00:02:00",
		},
		"a decided due time is not due again": {
			job: Job{Due: minutely}, after: "2026-01-01 00:01:00", now: "2026-01-01 00:01:00.001", next: "2026-01-01 00:02:00",
		},
		"the newest pushes out older ones": {
			job: Job{Due: minutely}, after: "2026-01-01 00:00:00", now: "2026-01-01 00:05:30",
			oldest: "2026-01-01 00:05:00", waiting: 1, pushed: 4, next: "2026-01-01 00:06:00",
		},
		"as many as CatchUp wait": {
			job: Job{Due: minutely, CatchUp: 3}, after: "2026-01-01 00:00:00", now: "2026-01-01 00:05:30",
			oldest: "2026-01-01 00:03:00", waiting: 3, pushed: 2, next: "2026-01-01 00:06:00",
		},
		"fewer than CatchUp": {
			job: Job{Due: minutely, CatchUp: 30}, after: "2026-01-01 00:00:00", now: "2026-01-01 00:05:30",
			oldest: "2026-01-01 00:01:00", waiting: 5, next: "2026-01-01 00:06:00",
		},
		"just in time for Late": {
			job: Job{Due: minutely, CatchUp: 9, Late: 90 * time.Second}, after: "2026-01-01 00:00:00", now: "2026-01-01 00:05:30",
			oldest: "2026-01-01 00:04:00", waiting: 2, late: 3, next: "2026-01-01 00:06:00",
		},
		"a millisecond too late": {
			job: Job{Due: minutely, CatchUp: 9, Late: 90 * time.Second}, after: "2026-01-01 00:00:00", now: "2026-01-01 00:05:30.001",
			oldest: "2026-01-01 00:05:00", waiting: 1, late: 4, next: "2026-01-01 00:06:00",
		},
		"all are too late": {
			job: Job{Due: minutely, CatchUp: 9, Late: 10 * time.Second}, after: "2026-01-01 00:00:00", now: "2026-01-01 00:05:30",
			late: 5, next: "2026-01-01 00:06:00",
		},
		"both drop": {
			job: Job{Due: minutely, CatchUp: 2, Late: 3 * time.Minute}, after: "2026-01-01 00:00:00", now: "2026-01-01 00:10:00",
			oldest: "2026-01-01 00:09:00", waiting: 2, late: 6, pushed: 2, next: "2026-01-01 00:11:00",
		},
		"a clock that was set back an hour": {
			job: Job{Due: minutely, CatchUp: 9}, after: "2026-01-01 12:00:00", now: "2026-01-01 11:00:00", next: "2026-01-01 12:01:00",
		},
		"years at a second": {
			job: Job{Due: Every(time.Second), CatchUp: 1000, Late: time.Hour}, after: "1926-01-01 00:00:00", now: "2026-01-01 00:00:00",
			oldest: "2025-12-31 23:43:21", waiting: 1000, late: 3_155_759_999 - 3600, pushed: 2601, next: "2026-01-01 00:00:01",
		},
		"a century at a minute": {
			job: Job{Due: Cron("* * * * *", ""), CatchUp: 1000}, after: "1926-01-01 00:00:00", now: "2026-01-01 00:00:00",
			oldest: "2025-12-31 07:21:00", waiting: 1000, pushed: 52_596_000 - 1000, next: "2026-01-01 00:01:00",
		},
		"a week with the change to summer time": {
			job: Job{Due: daily, CatchUp: 4}, after: "2026-03-26 12:00:00", now: "2026-04-01 12:00:00",
			oldest: "2026-03-29 01:00:00", waiting: 4, pushed: 2, next: "2026-04-02 00:30:00",
		},
		"from before the first year": {
			job: Job{Due: Cron("@yearly", "")}, after: "0001-01-01 00:00:00", now: "2026-06-01 00:00:00",
			oldest: "2026-01-01 00:00:00", waiting: 1, pushed: 2024, next: "2027-01-01 00:00:00",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := tt.job.complete().backlog(at(t, tt.after), at(t, tt.now))
			if err != nil {
				t.Fatal(err)
			}
			want := backlog{waiting: tt.waiting, late: tt.late, pushed: tt.pushed, next: at(t, tt.next)}
			if tt.oldest != "" {
				want.oldest = at(t, tt.oldest)
			}
			if b != want {
				t.Errorf("got  %+v\nwant %+v", b, want)
			}
		})
	}
}

// A job that is decided step by step, with outages of any length, drops or starts each due time
// once: none is lost between two backlogs and none is in both.
func TestBacklogsLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	for range 300 {
		j := Job{
			CatchUp: r.IntN(6), Late: time.Duration(r.IntN(3)) * time.Duration(r.IntN(7200)) * time.Second,
			Due: []Calendar{
				Every(time.Duration(1+r.IntN(5000)) * time.Second), Cron(draw(r).text, someZones[r.IntN(len(someZones))]),
				Custom("ten", func(t time.Time) time.Time { return t.Truncate(10 * time.Minute).Add(10 * time.Minute) }),
			}[r.IntN(3)],
		}.complete()
		if j.Due.Validate() != nil {
			continue
		}
		begin := midnight(2026, 3, 25).Add(time.Duration(r.IntN(1e9)) * time.Microsecond)
		cursor, now, accounted := begin, begin, 0
		for range 40 {
			now = now.Add(time.Duration(r.IntN(4*3600*1000)) * time.Millisecond)
			b, err := j.backlog(cursor, now)
			if err != nil {
				t.Fatal(err)
			}
			checkBacklog(t, j, b, cursor, now)
			accounted += b.dropped()
			if b.waiting > 0 { // the run is started: that decides all up to it
				accounted++
				cursor = b.oldest
			} else {
				cursor = now
			}
		}
		if want := len(due(t, j.Due, begin, cursor)); accounted != want {
			t.Fatalf("%v: %d due times are accounted for, %d were due", j.Due, accounted, want)
		}
	}
}

// checkBacklog compares with what a list of all due times says.
func checkBacklog(t *testing.T, j Job, b backlog, cursor, now time.Time) {
	t.Helper()
	all := due(t, j.Due, cursor, now)
	want := backlog{next: j.Due.Next(now)}
	for j.Late > 0 && len(all) > 0 && now.Truncate(time.Millisecond).Sub(all[0]) > j.Late {
		all = all[1:]
		want.late++
	}
	want.pushed = max(0, len(all)-j.CatchUp)
	if all = all[want.pushed:]; len(all) > 0 {
		want.oldest, want.waiting = all[0], len(all)
	}
	if b != want {
		t.Fatalf("%v, CatchUp %d, Late %v, from %v to %v:\n got %+v\nwant %+v", j.Due, j.CatchUp, j.Late, cursor, now, b, want)
	}
}

// The function of a Custom calendar is called a bounded number of times, however long the outage.
func TestBacklogAsksACustomCalendarABoundedNumberOfTimes(t *testing.T) {
	t.Parallel()
	calls := 0
	j := Job{CatchUp: 100, Due: Custom("secondly", func(t time.Time) time.Time {
		calls++
		return t.Add(time.Second)
	})}
	now := midnight(2026, 1, 1)
	b, err := j.backlog(midnight(2006, 1, 1), now)
	want := backlog{oldest: now.Add(-99 * time.Second), waiting: 100, pushed: customCounted, next: now.Add(time.Second)}
	if err != nil || b != want {
		t.Errorf("got  %+v, %v\nwant %+v", b, err, want)
	}
	if calls > 25_000 {
		t.Errorf("%d calls", calls)
	}
}

// A calendar that stands still is an error, not a loop; so is one that was never made.
func TestBacklogOfABadCalendar(t *testing.T) {
	t.Parallel()
	for _, c := range []Calendar{
		{},
		Cron("nonsense", ""),
		Custom("still", func(t time.Time) time.Time { return t }),
		Custom("stops", func(t time.Time) time.Time {
			if t.After(midnight(2026, 1, 1)) {
				return t
			}
			return t.Add(time.Hour)
		}),
	} {
		j := Job{Due: c, CatchUp: 3}
		if b, err := j.backlog(midnight(2025, 12, 1), midnight(2026, 2, 1)); !errors.Is(err, election.ErrConfig) {
			t.Errorf("%q: %+v, %v", c, b, err)
		}
		if next := c.Next(midnight(2026, 2, 1)); !next.IsZero() {
			t.Errorf("%q: Next = %v", c, next)
		}
	}
}

// Jitter is the same for each leader, differs by job and due time, and uses the whole span.
func TestStartAt(t *testing.T) {
	t.Parallel()
	a, b := Job{Name: "a", Jitter: 10 * time.Second}, Job{Name: "b", Jitter: 10 * time.Second}
	var lowest, highest time.Duration = time.Hour, 0
	same := 0
	for i := range 1000 {
		dueAt := midnight(2026, 1, 1).Add(time.Duration(i) * time.Minute)
		delay := a.startAt(dueAt).Sub(dueAt)
		lowest, highest = min(lowest, delay), max(highest, delay)
		if delay < 0 || delay >= a.Jitter || !a.startAt(dueAt.In(time.FixedZone("", 3600))).Equal(dueAt.Add(delay)) {
			t.Fatalf("%v is delayed by %v", dueAt, delay)
		}
		if a.startAt(dueAt).Equal(b.startAt(dueAt)) {
			same++
		}
	}
	if lowest > 100*time.Millisecond || highest < 9900*time.Millisecond || same > 10 {
		t.Errorf("delays from %v to %v, %d of 1000 are the same for both jobs", lowest, highest, same)
	}
	if dueAt := midnight(2026, 1, 1); !(Job{Name: "a"}).startAt(dueAt).Equal(dueAt) {
		t.Error("a job without jitter is delayed")
	}
}
