package ledger

import (
	"context"
	"time"

	"example.com/incumbent/schedule"
	"example.com/incumbent/verification/ledger/account"
)

// version is one version of the schedule: as the code has it, and as the account does.
type version struct {
	schedule *schedule.Schedule
	jobs     []account.Job
}

// job is one job of a version.
type job struct {
	account.Job

	due    schedule.Calendar
	jitter time.Duration
}

// versions are two that take turns: the second one has other calendars of two jobs, one job
// more, and one less.
func versions() ([]version, error) {
	zones := map[string]*time.Location{}
	for _, name := range []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			return nil, err
		}
		zones[name] = zone
	}
	cron := func(name, expr, zone string, fixed bool, matches func(w time.Time) bool) job {
		j := job{Job: account.Job{Name: name, Attempts: 1, CatchUp: 1}, due: schedule.Cron(expr, zone)}
		j.Due = &account.Calendar{Name: expr + zone, Zone: zones[zone], Fixed: fixed, Matches: matches}
		return j
	}
	often := cron("often", "45 * * * *", "UTC", false, func(w time.Time) bool { return w.Minute() == 45 })
	spread := cron("spread", "5 */3 * * *", "Europe/Berlin", true, func(w time.Time) bool { return w.Minute() == 5 && w.Hour()%3 == 0 })
	spread.jitter, spread.Attempts = 2*time.Minute, 2
	late := cron("late", "0 */3 * * *", "Asia/Kolkata", true, func(w time.Time) bool { return w.Minute() == 0 && w.Hour()%3 == 0 })
	late.Late, late.CatchUp = 180_000, 3
	nightly := cron("nightly", "30 2 * * *", "Europe/Berlin", true, at(2, 30))
	nightly.Attempts = 3
	weekdays := cron("weekdays", "0 9 * * 1-5", "America/New_York", true, func(w time.Time) bool {
		return at(9, 0)(w) && w.Weekday() != time.Sunday && w.Weekday() != time.Saturday
	})
	weekdays.CatchUp, weekdays.Attempts = 5, 2
	nightly2 := cron("nightly", "15 3 * * *", "Europe/Berlin", true, at(3, 15))
	nightly2.Attempts = 3
	late2 := job{Job: late.Job, due: schedule.Every(2 * time.Hour)}
	late2.Due = &account.Calendar{Name: "every 2h", Zone: time.UTC, Matches: func(w time.Time) bool { return w.Minute() == 0 && w.Hour()%2 == 0 }}
	twice := cron("twice", "10 1,13 * * *", "America/New_York", true, func(w time.Time) bool { return at(1, 10)(w) || at(13, 10)(w) })
	twice.CatchUp, twice.Late = 2, 6*3600_000
	var all []version
	for _, jobs := range [][]job{{often, spread, late, nightly, weekdays}, {often, spread, late2, nightly2, twice}} {
		v, err := newVersion(jobs)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

func at(hour, minute int) func(time.Time) bool {
	return func(w time.Time) bool { return w.Hour() == hour && w.Minute() == minute }
}

func newVersion(jobs []job) (v version, err error) {
	var jobsOf []schedule.Job
	for _, j := range jobs {
		v.jobs = append(v.jobs, j.Job)
		jobsOf = append(jobsOf, schedule.Job{
			Name: j.Name, Due: j.due, Attempts: j.Attempts, CatchUp: j.CatchUp,
			Late: time.Duration(j.Late) * time.Millisecond, Jitter: j.jitter,
			Run: func(context.Context, schedule.Tick) error { return nil }, // the world runs them
		})
	}
	v.schedule, err = schedule.New(jobsOf...)
	return v, err
}
