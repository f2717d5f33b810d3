package space

import (
	"errors"
	"strings"
	"testing"
	"time"
)

const (
	sidA  = "AAAAAAAAAAAAAAAA"
	stamp = "1795241018.539"
)

// Every parser accepts exactly what the writer writes, and words of a later version where the
// format has room for them.
func TestEntriesAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	epoch := "1 Q 5000 " + sidA + " " + stamp
	for text, good := range map[string]bool{
		epoch: true, epoch + " more": true, strings.Replace(epoch, "Q", "O", 1): true,
		"1 Q 5000 " + sidA: false, strings.Replace(epoch, "1 Q", "2 Q", 1): false, strings.Replace(epoch, "Q", "X", 1): false,
		strings.Replace(epoch, "5000", "05000", 1): false, strings.Replace(epoch, "5000", "3600001", 1): false,
		strings.Replace(epoch, "5000", "999", 1): false, strings.Replace(epoch, "AAAA", "A", 1): false,
		strings.Replace(epoch, ".", "", 1): false, "": false,
	} {
		if got, err := ParseEpoch(text); good != (err == nil) || !good && !errors.Is(err, ErrForeign) || good && !strings.HasPrefix(text, got.String()) {
			t.Errorf("epoch %q: %+v, %v", text, got, err)
		}
	}
	for text, good := range map[string]bool{
		"0 5000 cA": true, "17 3600000 cA +spread:x": true, "1 5000 -": true,
		"1 5000": false, "-1 5000 cA": false, "1 5000 =": false, "1 3600001 cA": false, "x": false, "": false,
	} {
		if got, err := ParseSession(text); good != (err == nil) || good && !strings.HasPrefix(text, got.String()) {
			t.Errorf("session %q: %+v, %v", text, got, err)
		}
	}
	for text, good := range map[string]bool{
		sidA + ":1:1795241018539000": true,
		sidA + ":0:1795241018539000": false, sidA + ":1": false, sidA + ":1:2:3": false, "A:1:2": false, sidA + ":1:9007199254740993": false, "": false,
	} {
		if got, err := ParseHolder(text); good != (err == nil) || good && got.String() != text {
			t.Errorf("holder %q: %+v, %v", text, got, err)
		}
	}
}

func TestResultsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, r := range []Result{
		{Status: Started, Term: 1, ID: "a b"},
		{Status: Started, Fingerprint: "\x00x", Term: 1},
		{Status: Done, Term: 5, ID: "p", Body: " two  words\n\x00 "},
		{Status: Done, Term: 5, ID: "p"},
		{Status: Final, Term: 5, ID: "p", Body: "no money"},
		{Status: TooLarge, Term: 5, ID: "p"},
	} {
		if got, err := ParseResult(r.String()); got != r || err != nil {
			t.Errorf("%q: %+v, %v", r.String(), got, err)
		}
	}
	for _, text := range []string{
		"", "1 S - 1", "2 S - 1 cA", "1 X - 1 cA", "1 D - 1 cA", "1 S - 1 cA x", "1 S = 1 cA", "1 S - 0 cA", "1 S - 1 =",
		"1 S " + Fingerprint(strings.Repeat("x", 65)) + " 1 cA",
	} {
		if got, err := ParseResult(text); !errors.Is(err, ErrForeign) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func TestLinesThatNobodyKnowsAreIgnored(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Line{
		"! 7 1795241018539000 2 a:b@c": {Kind: Granted, Name: "a:b@c", N: 7, Term: 1795241018539000, Seat: 2},
		"? 7 " + sidA + " #k":          {Kind: Asked, Name: "#k", N: 7, SID: sidA},
		"= k":                          {Kind: Ready, Name: "k"},
		"~ a:b":                        {Kind: Changed, Name: "a:b"},
		"0":                            {}, "": {}, "!": {}, "! 0 1 2 a": {}, "! 7 1 256 a": {}, "! 7 0 2 a": {}, "! 7 1 2 ": {}, "! 7 1 2 a b": {},
		"? 7 x a": {}, "? x " + sidA + " a": {}, "= ": {}, "= a b": {}, "~ ": {}, "~ a b": {}, "% 7 1 2 a": {},
	} {
		if got := ParseLine(text); got != want {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestNamesOfLocks(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{
		"order-4711": true, "A/z:0.9_@-": true, strings.Repeat("x", 128): true,
		"": false, "a b": false, strings.Repeat("x", 129): false, "#k": false, "{a}": false, "ä": false, "a,b": false, "a;": false,
	} {
		if IsName(name) != good {
			t.Errorf("%q: %v", name, !good)
		}
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	p := NewPlace("incumbent:", "s", 3)
	if p.Key != "incumbent:{s}:space" || p.Channel("x") != "incumbent:{s}:space:x:3" || p.Once("k") != "incumbent:{s}:once:k" {
		t.Error(p, p.Channel("x"), p.Once("k"))
	}
}

func TestWhatIsDoneAboutAnEpoch(t *testing.T) {
	t.Parallel()
	q, o := Sight{Bytes: "q", Epoch: Epoch{false, 5 * time.Second, sidA, stamp}}, Sight{Bytes: "o", Epoch: Epoch{true, 5 * time.Second, sidA, stamp}}
	for name, c := range map[string]struct {
		is   Sight
		j    Judged
		want Move
	}{
		"absent":               {Sight{}, Judged{Longest: 5 * time.Second}, Quarantine},
		"absent, immediate":    {Sight{}, Judged{Longest: 5 * time.Second, Immediate: true}, OpenNew},
		"open":                 {o, Judged{Longest: 5 * time.Second}, Proceed},
		"open, known longer":   {o, Judged{Longest: 6 * time.Second}, Lengthen},
		"closed":               {q, Judged{Longest: 5 * time.Second}, Wait},
		"closed, immediate":    {q, Judged{Longest: 5 * time.Second, Immediate: true}, Wait},
		"closed for its lease": {q, Judged{Longest: 5 * time.Second, Silent: true}, OpenUp},
		"too short":            {q, Judged{Longest: 6 * time.Second, Silent: true}, Lengthen},
	} {
		got := DecideEpoch(c.is, c.j)
		next := got.Next(c.is, c.j.Longest)
		if got != c.want || next.Lease != c.j.Longest || next.Stamp != c.is.Epoch.Stamp || next.Nonce == sidA {
			t.Errorf("%s: %v, %+v", name, got, next)
		}
		if open := got == OpenNew || got == OpenUp || got == Lengthen && c.is.Epoch.Open; got != Proceed && next.Open != open {
			t.Errorf("%s: %+v", name, next)
		}
	}
}

func TestWhatTheAnswerToABeatMeans(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]BeatVerdict{"7": Confirmed, "6": Unchanged, "5": Lost, "": Lost} {
		if got := JudgeBeat(answer, "6", "7"); got != want {
			t.Errorf("%q: %v", answer, got)
		}
	}
}

func TestAnswersOfAnotherFormAreRefused(t *testing.T) {
	t.Parallel()
	for _, value := range []any{
		nil, int64(1), "", "x", "1", "1 256", "0 0", "1 0 x",
		[]any{},
		[]any{int64(1)},
		[]any{"what"},
		[]any{"what", "x"},
		[]any{"held", "x", []any{}},
		[]any{"held", int64(1), []any{int64(0)}},
		[]any{"held", int64(1), []any{int64(0), "x", "y"}},
		[]any{"held", int64(1), []any{int64(300), "x", "y"}},
		[]any{"foreign", "x"},
		[]any{"unfit", "1"},
	} {
		if got, err := readAnswer(value); err == nil {
			t.Errorf("%v: %+v", value, got)
		}
	}
	for _, value := range []any{nil, []any{}, []any{"0", []any{"x"}, []any{}, ""}, []any{"0", []any{}, []any{"x"}, ""}, []any{int64(0), []any{}, []any{}, ""}} {
		if got, err := readStep(value); err == nil {
			t.Errorf("%v: %+v", value, got)
		}
	}
}

func FuzzEntries(f *testing.F) {
	for _, s := range []string{"1 Q 5000 " + sidA + " " + stamp, "0 5000 cA", sidA + ":1:2", "1 D - 5 cA x", "! 7 1 2 a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if e, err := ParseEpoch(s); err == nil && !strings.HasPrefix(s, e.String()) {
			t.Errorf("epoch %q: %+v", s, e)
		}
		if e, err := ParseSession(s); err == nil && !strings.HasPrefix(s, e.String()) {
			t.Errorf("session %q: %+v", s, e)
		}
		if h, err := ParseHolder(s); err == nil && h.String() != s {
			t.Errorf("holder %q: %+v", s, h)
		}
		if r, err := ParseResult(s); err == nil && r.String() != s {
			t.Errorf("result %q: %+v", s, r)
		}
		ParseLine(s)
	})
}
