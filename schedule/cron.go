package schedule

import (
	"errors"
	"fmt"
	"time"
)

// Cron is five fields (minute, hour, day of month, month, day of week), or @hourly, @daily,
// @weekly, @monthly, @yearly, in a time zone such as "Europe/Berlin". An empty zone is UTC.
//
// A field is *, a value, a range such as 1-5, any of these with a step such as */15, or a
// list of them. Months and days of the week have names, too: jan, mon. Sunday is 0 or 7. If
// neither day field is *, a day on which one of them fits is enough.
//
// At the change to daylight saving time, a time that the clock skips in spring is run right
// after; one that it shows twice in autumn is run once. An hour field of * means every hour
// of real time instead: what the clock skips is not run, what it shows twice is run twice.
func Cron(expr, zone string) Calendar {
	if len(expr) > maxExpr {
		return bad("cron expression of %d bytes: give at most %d", len(expr), maxExpr)
	}
	f, text, err := parseFields(expr)
	if err != nil {
		return bad("cron expression %q: %w", expr, err)
	}
	loc, err := loadZone(zone)
	if err != nil {
		return bad("cron expression %q: %w", expr, err)
	}
	return Calendar{rule: &cron{fields: f, zone: loc}, text: text + " " + loc.String()}
}

// maxExpr bounds what is parsed and kept: five fields that list some values are far shorter.
const maxExpr = 256

// loadZone finds a zone. It refuses the machine's own: the leader's machine would decide.
func loadZone(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, errors.New(`zone "Local" is another on each machine: give a name such as "Europe/Berlin"`)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf(`zone %.80q is not on this machine: check its spelling, or import _ "time/tzdata" to link all zones`, name)
	}
	return loc, nil
}
