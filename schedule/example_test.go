package schedule_test

import (
	"fmt"
	"time"

	"example.com/incumbent/schedule"
)

// At half past two each night in Berlin. On 29 March 2026 the clock goes from 02:00 to 03:00:
// that night's run comes right after it.
func ExampleCron() {
	nightly := schedule.Cron("30 2 * * *", "Europe/Berlin")
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	at := time.Date(2026, 3, 28, 0, 0, 0, 0, berlin)
	for range 3 {
		at = nightly.Next(at)
		fmt.Println(at.In(berlin).Format("2 Jan 15:04 MST"))
	}
	// Output:
	// 28 Mar 02:30 CET
	// 29 Mar 03:00 CEST
	// 30 Mar 02:30 CEST
}

// A mistake is found when the schedule is made.
func ExampleCron_mistake() {
	fmt.Println(schedule.Cron("0 25 * * *", "").Validate())
	// Output:
	// incumbent: bad config: cron expression "0 25 * * *": hour: "25" is not allowed: give 0 to 23, *, a range, a step or a list of them
}

// Due times of Every do not depend on when the program was started.
func ExampleEvery() {
	often := schedule.Every(15 * time.Minute)
	fmt.Println(often.Next(time.Date(2026, 11, 27, 3, 7, 0, 0, time.UTC)))
	// Output:
	// 2026-11-27 03:15:00 +0000 UTC
}

// The last day of each month, which Cron cannot say.
func ExampleCustom() {
	lastDay := schedule.Custom("last-day-of-month", func(t time.Time) time.Time {
		for month := t.Month(); ; month++ {
			if due := time.Date(t.Year(), month+1, 0, 0, 0, 0, 0, time.UTC); due.After(t) {
				return due
			}
		}
	})
	fmt.Println(lastDay.Next(time.Date(2028, 2, 10, 0, 0, 0, 0, time.UTC)).Format(time.DateOnly))
	// Output:
	// 2028-02-29
}
