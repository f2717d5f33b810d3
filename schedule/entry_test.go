package schedule

import (
	"errors"
	"strings"
	"testing"
	"testing/quick"
	"time"
	"unicode/utf8"
)

func largest() entry {
	long := strings.Repeat("x", 200)
	return entry{
		seq: maxNumber, cursor: maxNumber, next: maxNumber, cal: calID("c"), state: owed, run: runOf{asked: maxNumber, attempt: maxNumber, term: maxNumber},
		started: maxNumber, again: maxNumber, dropped: maxNumber, seen: maxNumber, gone: true, pause: pause{true, maxNumber, long}, ask: ask{maxNumber, long}, text: long,
	}
}

func TestTheLargestEntryFits(t *testing.T) {
	text := largest().String()
	if len(text) > entrySize {
		t.Errorf("%d bytes", len(text))
	}
	if _, err := parseEntry(text); err != nil {
		t.Error(err)
	}
}

func TestAnEntryIsReadAsItWasWritten(t *testing.T) {
	e := entry{
		seq: 7, cursor: 1_763_692_999_000, next: 1_763_693_000_000, cal: calID("every 1m0s"), state: running, run: runOf{due: 1_763_692_999_000, attempt: 2, term: 5},
		started: 3, again: 4, dropped: 6, seen: 20_413, pause: pause{true, 0, "a migration"}, ask: ask{9, "finance"}, text: "every 1m0s",
	}
	const want = "1 7 1763692999000 1763693000000 "
	text := e.String()
	if got, err := parseEntry(text); err != nil || got != e || !strings.HasPrefix(text, want) {
		t.Errorf("%q is read as %+v, %v", text, got, err)
	}
}

func TestForeignEntries(t *testing.T) {
	good := largest().String()
	for text, want := range map[string]error{
		"":                                      errForm,
		"1":                                     errForm,
		"2 anything":                            errVersion,
		"12":                                    errVersion,
		"02 x":                                  errForm,
		good + " ":                              errForm,
		good + " more":                          errForm,
		strings.Replace(good, "1 ", "1  ", 1):   errForm,
		strings.Replace(good, " W ", " X ", 1):  errForm,
		strings.Replace(good, " W ", " - ", 1):  nil,
		strings.Replace(good, " W @", " W ", 1): nil,
		strings.Replace(good, "1 9", "1 09", 1): errForm,
		strings.Replace(good, " u9", " +9", 1):  errForm,
		strings.Replace(good, " u", " -", 1):    errForm,
		strings.Replace(good, ",", ",=", 1):     errForm,
	} {
		if _, err := parseEntry(text); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}

func FuzzEntry(f *testing.F) {
	f.Add(largest().String())
	f.Add("1 7 8 9 abcdefghijkl - 0 0 5 0 0 0 20413 - - -")
	f.Add("2 x")
	f.Add("1 7 8 9 abcdefghijkl R @5 1 5 0 0 0 u20413 0,YQ 1,YQ YQ")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parseEntry(text)
		switch {
		case err != nil && e != (entry{}):
			t.Errorf("%q: %+v", text, e)
		case err == nil && (e.String() != text || len(text) > entrySize):
			t.Errorf("%q is written as %q", text, e)
		}
	})
}

func TestALineIsReadAsItWasWritten(t *testing.T) {
	if err := quick.Check(func(due, attempt uint32, started, ended int32, n uint16, id, text string) bool {
		l := line{run: runOf{due: int64(due), attempt: int64(attempt), term: maxNumber}, started: max(int64(started), 0), ended: max(int64(ended), 0), outcome: OutcomeFailed, n: int64(n), id: id, text: text}
		written := l.String()
		got, err := parseLine(written)
		return err == nil && len(written) <= lineSize && utf8.ValidString(got.text) && got.String() == written && !strings.ContainsAny(got.text, "\n\r\t") && got.run == l.run
	}, nil); err != nil {
		t.Error(err)
	}
	long := line{run: runOf{asked: maxNumber, attempt: maxNumber, term: maxNumber}, started: maxNumber, ended: maxNumber, outcome: OutcomeInterrupted, n: maxNumber, id: strings.Repeat("ü", 100), text: strings.Repeat("ü", 400)}
	if text := long.String(); len(text) > lineSize {
		t.Errorf("%d bytes", len(text))
	} else if got, err := parseLine(text); err != nil || got.text == "" {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzLine(f *testing.F) {
	f.Add("1 5 1 7 2 3 done 0 YQ ")
	f.Add("1 @5 1 7 2 3 failed 0 - it did not work")
	f.Fuzz(func(t *testing.T, text string) {
		if l, err := parseLine(text); err == nil && l.String() != text {
			t.Errorf("%q is written as %q", text, l)
		}
	})
}

func TestCutKeepsCharactersWhole(t *testing.T) {
	if got := cut("aü", 2); got != "a" {
		t.Errorf("%q", got)
	}
}

func TestALineIsShown(t *testing.T) {
	l := line{run: runOf{due: 60_000, attempt: 2, term: 7}, started: 61_000, ended: 62_500, outcome: OutcomeFailed, id: "a", text: "why"}
	got := l.shown("nightly", "m")
	want := Entry{
		Tick:    Tick{Job: "m", Due: time.UnixMilli(60_000).UTC(), Attempt: 2, Term: 7, Key: "nightly/m/1970-01-01T00:01:00Z"},
		Outcome: OutcomeFailed, Started: time.UnixMilli(61_000).UTC(), Lasted: 1500 * time.Millisecond, ID: "a", Text: "why",
	}
	if got != want {
		t.Errorf("%+v", got)
	}
	if asked := (line{run: runOf{asked: 5, attempt: 1}}).shown("nightly", "m"); asked.Tick.Key != "nightly/m/asked/5" || !asked.Tick.Due.IsZero() {
		t.Errorf("%+v", asked)
	}
}
