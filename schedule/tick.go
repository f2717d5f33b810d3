package schedule

import (
	"strconv"
	"time"

	"example.com/incumbent/election"
)

// A Tick is what a run is for.
type Tick struct {
	Job     string        // the job's name
	Due     time.Time     // in UTC; zero for a run that was asked for with Trigger
	Attempt int           // from 1
	Missed  int           // due times dropped since the run before
	Term    election.Term // of the leader that runs it
	Key     string        // such as "nightly/report/2026-11-27T03:00:00Z": the same for every attempt
}

// dueKey is the Key of a due time.
func dueKey(electionName, job string, due time.Time) string {
	return electionName + "/" + job + "/" + due.UTC().Format(time.RFC3339Nano)
}

// askedKey is the Key of a run that was asked for, at that time of the server in microseconds.
// A due time never begins with a letter, so the two forms differ.
func askedKey(electionName, job string, asked int64) string {
	return electionName + "/" + job + "/asked/" + strconv.FormatInt(asked, 10)
}
