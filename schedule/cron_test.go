package schedule

// Shows what an expression may be, and what a bad one is told.

import (
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/election"
)

func TestBadExpressions(t *testing.T) {
	t.Parallel()
	const dom, dow = "day of month", "day of week"
	rest := ", *, a range, a step or a list of them"
	for _, tt := range []struct{ expr, zone, want string }{
		{"60 * * * *", "", `minute: "60" is not allowed: give 0 to 59` + rest},
		{"* 24 * * *", "", `hour: "24" is not allowed: give 0 to 23` + rest},
		{"* * 0 * *", "", dom + `: "0" is not allowed: give 1 to 31` + rest},
		{"* * 32 * *", "", dom + `: "32" is not allowed: give 1 to 31` + rest},
		{"* * * 13 *", "", `month: "13" is not allowed: give 1 to 12, or jan to dec` + rest},
		{"* * * * 8", "", dow + `: "8" is not allowed: give 0 to 7, or sun to sat` + rest},
		{"* * * * mo", "", dow + `: "mo" is not allowed: give 0 to 7, or sun to sat` + rest},
		{"mon * * * *", "", `minute: "mon" is not allowed: give 0 to 59` + rest},
		{"* * L * *", "", dom + `: "l" is not allowed: give 1 to 31` + rest},
		{"* * * * 5#2", "", dow + `: "5#2" is not allowed: give 0 to 7, or sun to sat` + rest},
		{"-1 * * * *", "", `minute: "" is not allowed: give 0 to 59` + rest},
		{"+1 * * * *", "", `minute: "+1" is not allowed: give 0 to 59` + rest},
		{"1, * * * *", "", `minute: "" is not allowed: give 0 to 59` + rest},
		{"1-2-3 * * * *", "", `minute: "2-3" is not allowed: give 0 to 59` + rest},
		{"*-5 * * * *", "", `minute: "*" is not allowed: give 0 to 59` + rest},
		{"** * * * *", "", `minute: "**" is not allowed: give 0 to 59` + rest},
		{"? * * * *", "", `minute: "?" is not allowed: give 0 to 59` + rest},
		{"99999999999999999999 * * * *", "", `minute: "99999999999999999999" is not allowed: give 0 to 59` + rest},
		{"* 22-2 * * *", "", `hour: the range "22-2" begins above its end: give a range that rises`},
		{"* * * * fri-sun", "", dow + `: the range "fri-sun" begins above its end: give a range that rises`},
		{"*/0 * * * *", "", `minute: the step "0" is not allowed: give 1 to 60`},
		{"*/90 * * * *", "", `minute: the step "90" is not allowed: give 1 to 60`},
		{"*/ * * * *", "", `minute: the step "" is not allowed: give 1 to 60`},
		{"* */-2 * * *", "", `hour: the step "-2" is not allowed: give 1 to 24`},
		{"*/2/3 * * * *", "", `minute: the step "2/3" is not allowed: give 1 to 60`},
		{"", "", `it has 0 fields: give 5, which are minute, hour, day of month, month, day of week`},
		{"* * * *", "", `it has 4 fields: give 5, which are minute, hour, day of month, month, day of week`},
		{"0 * * * * *", "", `it has 6 fields: give 5, without seconds and without years`},
		{"0 0 0 1 1 ? 2027", "", `it has 7 fields: give 5, without seconds and without years`},
		{"TZ=Europe/Berlin 0 2 * * *", "", `the zone "TZ=Europe/Berlin" does not belong here: give it as the second argument`},
		{"TZ=", "", `the zone "TZ=" does not belong here: give it as the second argument`},
		{"@every 5m", "", `@every is not a word of Cron: use Every`},
		{"@reboot", "", `"@reboot" is unknown: give @hourly, @daily, @weekly, @monthly or @yearly`},
		{"@", "", `"@" is unknown: give @hourly, @daily, @weekly, @monthly or @yearly`},
		{"0 0 30 2 *", "", `it never fires: no month that it names has a day that it names`},
		{"0 0 31 2,4,6,9,11 *", "", `it never fires: no month that it names has a day that it names`},
		{"0 2 * * *", "Europe/Berln", `zone "Europe/Berln" is not on this machine: check its spelling, or import _ "time/tzdata" to link all zones`},
		{"0 2 * * *", "../etc/passwd", `zone "../etc/passwd" is not on this machine: check its spelling, or import _ "time/tzdata" to link all zones`},
		{"0 2 * * *", "CEST", `zone "CEST" is not on this machine: check its spelling, or import _ "time/tzdata" to link all zones`},
		{"0 2 * * *", "Local", `zone "Local" is another on each machine: give a name such as "Europe/Berlin"`},
	} {
		c := Cron(tt.expr, tt.zone)
		err := c.Validate()
		if !errors.Is(err, election.ErrConfig) || !election.Permanent(err) {
			t.Errorf("%q in %q: %v does not wrap ErrConfig", tt.expr, tt.zone, err)
			continue
		}
		_, text, _ := strings.Cut(err.Error(), `cron expression "`+tt.expr+`": `)
		if text != tt.want {
			t.Errorf("%q in %q:\n got %s\nwant %s", tt.expr, tt.zone, err, tt.want)
		}
		if at := c.Next(midnight(2026, 1, 1)); !at.IsZero() || c.String() != "" {
			t.Errorf("%q: a bad calendar has the due time %v, the text %q", tt.expr, at, c)
		}
	}
	if err := Cron(strings.Repeat("1,", 200)+"1 * * * *", "").Validate(); err == nil || !strings.HasSuffix(err.Error(), "cron expression of 409 bytes: give at most 256") {
		t.Error(err)
	}
}

// Expressions that mean the same have the same text, so that an edit of spaces or letters
// leaves a job its past.
func TestCronText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ expr, zone, want string }{
		{"30 2 * * *", "Europe/Berlin", "30 2 * * * Europe/Berlin"},
		{" 30\t2  * JAN Mon ", "", "30 2 * jan mon UTC"},
		{"@Daily", "UTC", "0 0 * * * UTC"},
		{"@midnight", "", "0 0 * * * UTC"},
		{"@hourly", "", "0 * * * * UTC"},
		{"@weekly", "", "0 0 * * 0 UTC"},
		{"@monthly", "", "0 0 1 * * UTC"},
		{"@yearly", "", "0 0 1 1 * UTC"},
		{"@annually", "", "0 0 1 1 * UTC"},
	} {
		c := Cron(tt.expr, tt.zone)
		if err := c.Validate(); err != nil || c.String() != tt.want {
			t.Errorf("%q in %q: %q, %v; want %q", tt.expr, tt.zone, c, err, tt.want)
		}
	}
}

func TestCronFields(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ expr, from, want string }{
		{"5/20 * * * *", "2026-01-01T00:00:00Z", "00:05 00:25 00:45 01:05"},
		{"10-30/10 * * * *", "2026-01-01T00:00:00Z", "00:10 00:20 00:30 01:10"},
		{"*/60 */24 * * *", "2026-01-01T00:00:00Z", "00:00 00:00"},
		{"059 023 * * *", "2026-01-01T00:00:00Z", "23:59 23:59"},
		{"0 0 * * 7", "2026-01-01T00:00:00Z", "4Jan 11Jan"},
		{"0 0 * * 5-7", "2026-01-01T00:00:00Z", "2Jan 3Jan 4Jan 9Jan"},
		{"0 0 * * mon-wed/2", "2026-01-01T00:00:00Z", "5Jan 7Jan 12Jan"},
		{"0 0 ? jan-mar/2 ?", "2026-01-30T00:00:00Z", "31Jan 1Mar"},
		{"0 0 31 * *", "2026-01-01T00:00:00Z", "31Jan 31Mar 31May"},
		{"0 0 13 * fri", "2026-02-01T00:00:00Z", "6Feb 13Feb 20Feb 27Feb 6Mar 13Mar"}, // either day
		{"0 0 */2 * mon", "2026-01-03T00:00:00Z", "5Jan 7Jan 9Jan 11Jan 12Jan 13Jan"},
		{"0 0 */1 * mon", "2026-01-03T00:00:00Z", "5Jan 12Jan"},
		{"0 0 5,* * mon", "2026-01-03T00:00:00Z", "5Jan 12Jan"},
		{"0 0 1-31 * mon", "2026-01-03T00:00:00Z", "4Jan 5Jan 6Jan"}, // either day, and that is each
		{"0 0 13 * 0-6", "2026-01-03T00:00:00Z", "4Jan 5Jan 6Jan"},
		{"0 0 30 2 0-6", "2026-01-03T00:00:00Z", "1Feb 2Feb"},
		{"0 0 29 2 1", "2026-02-01T00:00:00Z", "2Feb 9Feb 16Feb 23Feb 1Feb"},
	} {
		at, err := time.Parse(time.RFC3339, tt.from)
		if err != nil {
			t.Fatal(err)
		}
		c := Cron(tt.expr, "")
		for _, want := range strings.Fields(tt.want) {
			at = c.Next(at)
			if got := []string{at.Format("15:04"), at.Format("2Jan")}; got[0] != want && got[1] != want {
				t.Errorf("%s: %v (%v), want %s", tt.expr, at, c.Validate(), want)
			}
		}
	}
}

// FuzzCron gives Cron any text. An accepted one has a text that means the same, and due times
// that rise and are counted.
func FuzzCron(f *testing.F) {
	for _, seed := range []string{
		"30 2 * * *", "*/15 1-4 1,15 jan-mar/2 mon", "@daily", "@every 5m", "TZ=", "CRON_TZ=Asia/Tokyo 0 0 * * *",
		"0 0 29 2 *", "0 0 30 2 *", "* * * * 7", "5-1 * * * *", "*/0 * * * *", "? ? ? ? ?", "\x00 * * * *", "1,,2 - / * *",
	} {
		f.Add(seed, "Europe/Berlin", int64(1_774_656_000))
	}
	f.Add("0 0 * * *", "Pacific/Apia", int64(1_325_200_000))
	f.Add("0 0 * * *", "", int64(-1<<63))
	f.Add("@yearly", "UTC", int64(1<<62))
	f.Fuzz(func(t *testing.T, expr, zone string, unix int64) {
		c := Cron(expr, zone)
		if err := c.Validate(); err != nil {
			if !errors.Is(err, election.ErrConfig) {
				t.Fatalf("%q: %v", expr, err)
			}
			return
		}
		text, loc, _ := cutLast(c.String())
		if again := Cron(text, loc); again.Validate() != nil || again.String() != c.String() {
			t.Fatalf("%q: the text %q means %q, %v", expr, c, again, again.Validate())
		}
		from := time.Unix(unix, 0)
		at, n := from, 0
		for ; n < 20; n++ {
			next := c.Next(at)
			if next.IsZero() {
				break
			}
			if !next.After(at) || !c.Next(next.Add(-1)).Equal(next) {
				t.Fatalf("%v: %v comes after %v", c, next, at)
			}
			at = next
		}
		if counted, err := c.count(millis(from), millis(at), 100); err != nil || counted != n {
			t.Fatalf("%v: %d due times from %v to %v are counted as %d, %v", c, n, from, at, counted, err)
		}
	})
}

func cutLast(text string) (before, after string, found bool) {
	i := strings.LastIndex(text, " ")
	return text[:max(i, 0)], text[i+1:], i >= 0
}
