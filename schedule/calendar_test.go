package schedule

// Shows Every and Custom, and what holds for every calendar.

import (
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/election"
)

func TestEvery(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		d           time.Duration
		after, want string
	}{
		{time.Second, "2026-01-01 00:00:00.999", "2026-01-01 00:00:01"},
		{time.Second, "2026-01-01 00:00:01", "2026-01-01 00:00:02"},
		{1500 * time.Millisecond, "1970-01-01 00:00:00", "1970-01-01 00:00:01.5"},
		{1500 * time.Millisecond, "1969-12-31 23:59:58", "1969-12-31 23:59:58.5"},
		{time.Hour, "1969-12-31 23:00:00", "1970-01-01 00:00:00"},
		{24 * time.Hour, "2026-03-28 23:30:00", "2026-03-29 00:00:00"},
		{7 * 24 * time.Hour, "2026-01-01 00:00:00", "2026-01-08 00:00:00"}, // since a Thursday
		{100 * 365 * 24 * time.Hour, "2026-01-01 00:00:00", "2069-12-07 00:00:00"},
	} {
		c := Every(tt.d)
		if got := c.Next(at(t, tt.after)); !got.Equal(at(t, tt.want)) || got.Location() != time.UTC || c.Validate() != nil {
			t.Errorf("%v after %s: %v, %v", c, tt.after, got, c.Validate())
		}
	}
	if text := Every(5 * time.Minute).String(); text != "every 5m0s" {
		t.Error(text)
	}
}

func TestEveryRefuses(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0:                              `calendar "every 0s": give at least 1s, or use singleton.Every, which keeps no ledger`,
		-time.Hour:                     `calendar "every -1h0m0s": give at least 1s, or use singleton.Every, which keeps no ledger`,
		5:                              `calendar "every 5ns": give at least 1s, or use singleton.Every, which keeps no ledger`,
		time.Second - time.Millisecond: `calendar "every 999ms": give at least 1s, or use singleton.Every, which keeps no ledger`,
		time.Second + time.Microsecond: `calendar "every 1.000001s": give whole milliseconds`,
	} {
		err := Every(d).Validate()
		if !errors.Is(err, election.ErrConfig) || !strings.HasSuffix(err.Error(), ": "+want) {
			t.Errorf("%v: %v", d, err)
		}
	}
}

func TestCustom(t *testing.T) {
	t.Parallel()
	half := Custom("half-past", func(t time.Time) time.Time {
		const past = 30*time.Minute + 1 // rounded up to a second
		return t.Add(-past).Truncate(time.Hour).Add(time.Hour + past)
	})
	once := Custom("once", func(t time.Time) time.Time {
		if due := midnight(2026, 1, 1); t.Before(due) {
			return due
		}
		return time.Time{}
	})
	for _, tt := range []struct {
		c           Calendar
		after, want string
	}{
		{half, "2026-01-01 00:00:00", "2026-01-01 00:30:01"},
		{half, "2026-01-01 00:30:00.999", "2026-01-01 00:30:01"},
		{half, "2026-01-01 00:30:01", "2026-01-01 01:30:01"},
		{once, "2025-01-01 00:00:00", "2026-01-01 00:00:00"},
		{once, "2025-12-31 23:59:59.999", "2026-01-01 00:00:00"},
		{once, "2026-01-01 00:00:00", "0001-01-01 00:00:00"},
	} {
		if got := tt.c.Next(at(t, tt.after)); !got.Equal(at(t, tt.want)) {
			t.Errorf("%v after %s: %v", tt.c, tt.after, got)
		}
	}
	if err := once.Validate(); err != nil {
		t.Error(err)
	}
	if text := once.String(); text != "custom once" {
		t.Error(text)
	}
}

func TestCustomRefuses(t *testing.T) {
	t.Parallel()
	hourly := func(t time.Time) time.Time { return t.Truncate(time.Hour).Add(time.Hour) }
	for name, tt := range map[string]struct {
		c    Calendar
		want string
	}{
		"no ID":          {Custom("", hourly), `custom calendar "": give an ID of 1 to 64 characters of A-Z a-z 0-9 . _ : / -`},
		"an ID of words": {Custom("at sunrise", hourly), `custom calendar "at sunrise": give an ID of 1 to 64 characters of A-Z a-z 0-9 . _ : / -`},
		"a long ID":      {Custom(strings.Repeat("x", 65), hourly), `give an ID of 1 to 64 characters of A-Z a-z 0-9 . _ : / -`},
		"no function":    {Custom("x", nil), `custom calendar "x": give a function that returns the next due time`},
		"stands still": {
			Custom("x", func(t time.Time) time.Time { return t }),
			`custom calendar "x": the due time after 2000-01-01T00:00:00Z is 2000-01-01T00:00:00Z, which is not after it`,
		},
		"goes back": {
			Custom("x", func(t time.Time) time.Time { return t.Add(-time.Hour) }),
			`custom calendar "x": the due time after 2000-01-01T00:00:00Z is 1999-12-31T23:00:00Z, which is not after it`,
		},
		"never fires": {
			Custom("x", func(time.Time) time.Time { return time.Time{} }),
			`custom calendar "x": it has no due time from 2000 to 2050: it never fires`,
		},
		"an interval from the argument": {
			Custom("x", func(t time.Time) time.Time { return t.Add(time.Hour) }),
			`custom calendar "x": the due time after 2000-01-01T00:00:00Z is 2000-01-01T01:00:00Z, but after 2000-01-01T00:30:00Z it is 2000-01-01T01:30:00Z: the function must be pure`,
		},
		"no calendar": {Calendar{}, `no calendar: make one with Every, Cron or Custom`},
	} {
		err := tt.c.Validate()
		if !errors.Is(err, election.ErrConfig) || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

// Times outside of the years 1 to 9999 are answered, and at once.
func TestRemoteTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []Calendar{
		Every(time.Hour), Every(1<<63 - 1 - (1<<63-1)%time.Millisecond), Cron("0 0 29 2 *", "Europe/Berlin"), Cron("* * * * *", ""),
		Custom("hour", func(t time.Time) time.Time { return t.Truncate(time.Hour).Add(time.Hour) }),
	} {
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		for _, sec := range []int64{-1 << 63, -1 << 40, 1 << 40, 1<<63 - 1} {
			from := time.Unix(sec, 0)
			next := c.Next(from)
			if from.Year() > 9999 && !next.IsZero() || !next.IsZero() && !next.After(from) {
				t.Errorf("%v after %v: %v", c, from, next)
			}
		}
		if next := c.Next(time.Date(9999, 12, 31, 23, 59, 59, 1, time.UTC)); !next.IsZero() {
			t.Errorf("%v: %v", c, next)
		}
	}
}
