package schedule

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"example.com/incumbent/internal/unit"
)

// A Job is done once for each of its due times. Name, Due and Run are needed. Runs of one job
// never overlap; different jobs run beside each other.
type Job struct {
	// Name is 1 to 64 characters of A-Z a-z 0-9 . _ -, unique within the election.
	Name string
	// Due says when: Every, Cron or Custom.
	Due Calendar
	// Run does the job. Its context ends with the term, or after Timeout.
	Run func(ctx context.Context, t Tick) error
	// Timeout bounds one run. Default: none.
	Timeout time.Duration
	// Attempts is how often a due time may be started in all, by all leaders, after failures
	// and crashes: 1 to 1,000. Default: 1.
	Attempts int
	// Late is how long after its due time a run may still start. Default: no limit.
	Late time.Duration
	// CatchUp is how many due times may wait at once, 1 to 1,000; the oldest are dropped and
	// counted. Default: 1.
	CatchUp int
	// Jitter spreads starts over this time, the same for every leader. It is shorter than the
	// time between two due times, and at most Late. Default: 0.
	Jitter time.Duration
	// AtOnce runs a job that Redis knows nothing of at once. Default: it waits for its next
	// due time.
	AtOnce bool
	// Formerly is the name that the job had before; its past is taken over.
	Formerly string
}

const (
	maxJobs     = 1000 // of a schedule: what one hash of the ledger holds
	maxAttempts = 1000
	maxCatchUp  = 1000
)

// nameForm is what the name of a job may look like.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// checked returns the jobs with their defaults. It refuses bad ones, and jobs that do not go
// together, with errors that wrap [election.ErrConfig].
func checked(jobs []Job) ([]Job, error) {
	switch {
	case len(jobs) == 0:
		return nil, badConfig(errors.New("a schedule without jobs: give at least one"))
	case len(jobs) > maxJobs:
		return nil, badConfig(fmt.Errorf("%d jobs in a schedule: give at most %d, or a second election", len(jobs), maxJobs))
	}
	complete := make([]Job, 0, len(jobs))
	names := map[string]bool{}
	for i, j := range jobs {
		if err := j.check(); err != nil {
			return nil, badConfig(fmt.Errorf("job %d %w", i+1, err))
		}
		if names[j.Name] {
			return nil, badConfig(fmt.Errorf("two jobs are named %q: give each its own name", j.Name))
		}
		names[j.Name] = true
		complete = append(complete, j.complete())
	}
	return complete, badConfig(checkFormer(jobs, names))
}

// checkFormer sees to it that each past is taken over by one job at most.
func checkFormer(jobs []Job, names map[string]bool) error {
	former := map[string]string{}
	for _, j := range jobs {
		switch other, taken := former[j.Formerly]; {
		case j.Formerly == "":
		case names[j.Formerly]:
			return fmt.Errorf("job %q was formerly %q, but a job of that name exists: its past is its own", j.Name, j.Formerly)
		case taken:
			return fmt.Errorf("jobs %q and %q were both formerly %q: one of them can take over its past", other, j.Name, j.Formerly)
		default:
			former[j.Formerly] = j.Name
		}
	}
	return nil
}

// complete sets the defaults.
func (j Job) complete() Job {
	j.Attempts = max(j.Attempts, 1)
	j.CatchUp = max(j.CatchUp, 1)
	return j
}

// check refuses what is wrong about a job alone.
func (j Job) check() error {
	const form = "give 1 to 64 characters of A-Z a-z 0-9 . _ -"
	switch {
	case !nameForm.MatchString(j.Name):
		return fmt.Errorf("has the name %.80q: %s", j.Name, form)
	case j.Formerly != "" && !nameForm.MatchString(j.Formerly):
		return fmt.Errorf("%q: Formerly is %.80q: %s", j.Name, j.Formerly, form)
	case j.Run == nil:
		return fmt.Errorf("%q: Run is nil: give a function", j.Name)
	case j.Attempts < 0 || j.Attempts > maxAttempts:
		return fmt.Errorf("%q: Attempts is %d: give 1 to %d, or 0 for 1", j.Name, j.Attempts, maxAttempts)
	case j.CatchUp < 0 || j.CatchUp > maxCatchUp:
		return fmt.Errorf("%q: CatchUp is %d: give 1 to %d, or 0 for 1", j.Name, j.CatchUp, maxCatchUp)
	}
	if err := j.checkDurations(); err != nil {
		return fmt.Errorf("%q: %w", j.Name, err)
	}
	if err := j.Due.problem(); err != nil {
		return fmt.Errorf("%q: %w", j.Name, err)
	}
	return j.checkJitter()
}

func (j Job) checkDurations() error {
	for _, f := range []struct {
		name  string
		given time.Duration
	}{{"Timeout", j.Timeout}, {"Late", j.Late}, {"Jitter", j.Jitter}} {
		if f.given < 0 {
			return fmt.Errorf("%s is %v: give a positive duration, or 0 for none", f.name, f.given)
		}
		if meant := unit.Missing(f.given); meant != "" {
			return fmt.Errorf("%s is %v, which is shorter than a millisecond: did you mean %s?", f.name, f.given, meant)
		}
	}
	return nil
}

// checkJitter compares the jitter with 100 due times. A run that may start only after the next
// due time would be pushed out by it, again and again.
func (j Job) checkJitter() error {
	switch {
	case j.Jitter == 0:
		return nil
	case j.Late > 0 && j.Late < j.Jitter:
		return fmt.Errorf("%q: Late %v is shorter than Jitter %v: some due times would never start", j.Name, j.Late, j.Jitter)
	}
	due := j.Due.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	for range 100 {
		next := j.Due.Next(due)
		if next.IsZero() {
			return nil
		}
		if gap := next.Sub(due); gap <= j.Jitter {
			return fmt.Errorf("%q: Jitter %v reaches the next due time, %v later: give less", j.Name, j.Jitter, gap)
		}
		due = next
	}
	return nil
}
