package record

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"example.com/incumbent/heartbeat"
)

// led is a record with these words behind meta.
func ledWith(rest string) Record {
	return Record{Status: Led, Term: 7, Beat: 4, Lease: time.Second, Holder: "h", Nonce: aNonce, ID: "-", Rest: rest}
}

func why(text string) string { return "pr=" + base64.RawURLEncoding.EncodeToString([]byte(text)) }

// A pause is read from words in any order; of words that are malformed or come again the
// first good one counts, and the record stays readable.
func TestPausesAreRead(t *testing.T) {
	full := Pause{Paused: true, Until: 1795241018539, By: "web-7", Reason: "deploy"}
	for rest, want := range map[string]Pause{
		"":    {},
		"p=0": {Paused: true},
		"1700000000.5 p=1795241018539 " + why("web-7\ndeploy"):                                                                         full,
		why("web-7\ndeploy") + " to=AAAAAAAAAAA p=1795241018539":                                                                       full,
		"p=01 p= p=-1 p=x p=1795241018539 p=5 pr= pr=! pr=" + strings.Repeat("A", 81) + " " + why("web-7\ndeploy") + " " + why("b\nc"): full,
		"p=9007194959773697":   {}, // beyond every time that a server may have
		why("web-7\ndeploy"):   {}, // no pause, whatever the reason
		"p=0 " + why("a text"): {Paused: true, Reason: "a text"},
		"xp=3 p=":              {},
	} {
		r, err := Parse(ledWith(rest).String())
		if err != nil || r.Pause() != want || r.Rest != rest || r.IsPaused() != want.Paused {
			t.Errorf("%q reads as %+v, %v, want %+v", rest, r.Pause(), err, want)
		}
	}
}

// What is written for a pause comes last, replaces the one before, and keeps the rest.
func TestPausesAreWritten(t *testing.T) {
	p := Pause{Paused: true, Until: 5, By: "web-7", Reason: "deploy"}
	r := ledWith("p=9 1700000000.5 pr=! k=1 p=0 pr=AAAA")
	if got, want := r.WithPause(p).Rest, "1700000000.5 k=1 p=5 "+why("web-7\ndeploy"); got != want {
		t.Errorf("paused: %q, want %q", got, want)
	}
	if got := r.WithPause(p).WithPause(Pause{}); got != ledWith("1700000000.5 k=1") {
		t.Errorf("resumed: %v", got)
	}
	if got := ledWith("").WithPause(Pause{Paused: true}); got.Rest != "p=0" || got.Beat != 4 {
		t.Errorf("without a reason: %v", got)
	}
	if r.WithPause(p).Pause() != p || r.WithPause(r.WithPause(p).Pause()).Rest != r.WithPause(p).Rest {
		t.Error("what was written is not what is read, or copied")
	}
}

// Who and why have 60 bytes together. Who gives way first, down to 24.
func TestLongReasonsAreCut(t *testing.T) {
	for _, c := range []struct{ by, why, wantBy, wantWhy string }{
		{"", strings.Repeat("é", 40), "", strings.Repeat("é", 29)},
		{strings.Repeat("b", 90), "", strings.Repeat("b", 59), ""},
		{strings.Repeat("b", 90), strings.Repeat("w", 90), strings.Repeat("b", 24), strings.Repeat("w", 35)},
		{strings.Repeat("b", 40), strings.Repeat("w", 30), strings.Repeat("b", 29), strings.Repeat("w", 30)},
		{"two\nlines", "of\ntext", "two lines", "of\ntext"},
	} {
		got := ledWith("").WithPause(Pause{Paused: true, By: c.by, Reason: c.why}).Pause()
		if got.By != c.wantBy || got.Reason != c.wantWhy {
			t.Errorf("%q, %q became %q, %q", c.by, c.why, got.By, got.Reason)
		}
	}
}

// In the largest record there is room for the end of a pause, whatever else stands there,
// and for beats that grow: an older version drops all words of a record that outgrows the
// limit.
func TestPausesFit(t *testing.T) {
	largest := Record{
		Status: Led, Term: MaxTerm, Beat: MaxBeat - 3, Lease: heartbeat.MaxLease, Nonce: aNonce, ID: "0123456789abcdef",
		Holder: strings.Repeat("h", MaxID), Meta: strings.Repeat("m", MaxMeta),
	}
	p := Pause{Paused: true, Until: MaxTerm, By: "who", Reason: strings.Repeat("w", 50)}
	for _, rest := range []string{"", "1700000000.123456", "1700000000.123456 k=1 m=2", strings.Repeat("x", 40)} {
		r := largest
		r.Rest = rest
		got, err := Parse(r.WithPause(p).Steered(Draining).String())
		if err != nil || !got.IsPaused() || got.Pause().Until != p.Until {
			t.Errorf("with %q: %v, %v", rest, got, err)
		}
	}
	small := largest
	small.Meta = ""
	for n := range 60 {
		r := small
		r.Rest = strings.Repeat("x", 150+n)
		got := r.WithPause(p)
		if over := len(got.String()) - (MaxSize - roomBehind); strings.Contains(got.Rest, reasonWord) && over > 0 {
			t.Errorf("a reason leaves %d bytes too few behind %d", over, n)
		}
		if !strings.HasPrefix(got.Rest, r.Rest) || got.Pause().Until != p.Until {
			t.Errorf("%d words gave way to the reason: %q", n, got.Rest)
		}
	}
}

// Beats of a leader are even, those of others are odd, and both rise.
func TestParityOfBeats(t *testing.T) {
	for beat, want := range map[int64][3]int64{0: {2, 1, 1}, 1: {4, 3, 2}, 4: {6, 5, 5}, 5: {8, 7, 6}} {
		r := ledWith("")
		r.Beat = beat
		got := [3]int64{r.Beaten().Beat, r.Steered(Draining).Beat, r.Next(Vacant).Beat}
		if got != want || r.Beaten().Status != Led || r.Steered(Draining).Status != Draining {
			t.Errorf("after %d come %v, want %v", beat, got, want)
		}
		if r.Beaten().IsSteered() || !r.Steered(Led).IsSteered() {
			t.Errorf("after %d it is not known who wrote", beat)
		}
	}
}

func TestEndOfAPause(t *testing.T) {
	at := time.UnixMilli(1795241018539)
	for _, c := range []struct {
		p    Pause
		late time.Duration
		over bool
	}{
		{Pause{}, 0, true},
		{Pause{Paused: true}, 0, false},
		{Pause{Paused: true, Until: at.UnixMilli()}, -time.Millisecond, false},
		{Pause{Paused: true, Until: at.UnixMilli()}, 0, true},
	} {
		if got := c.p.IsOver(at.Add(c.late)); got != c.over {
			t.Errorf("%+v, %v after its end: over %v", c.p, c.late, got)
		}
	}
	if !(Pause{Paused: true}).End().IsZero() || !(Pause{Until: 3}).End().IsZero() || !(Pause{Paused: true, Until: at.UnixMilli()}).End().Equal(at) {
		t.Error("another end")
	}
}

// FuzzPause writes any pause over any words, and reads it back.
func FuzzPause(f *testing.F) {
	f.Add("1700000000.5 k=1", int64(0), "web-7", "deploy", uint8(0))
	f.Add("p=3 pr=AAAA p=4 to=AAAAAAAAAAA", int64(1795241018539), "a\nb", "\xff", uint8(200))
	f.Fuzz(func(t *testing.T, rest string, until int64, by, reason string, meta uint8) {
		r := ledWith(rest)
		r.Meta = strings.Repeat("m", min(int(meta), MaxMeta))
		was, err := Parse(r.String())
		if err != nil || until < 0 || until > MaxTerm {
			return
		}
		p := Pause{Paused: true, Until: until, By: by, Reason: reason}
		got, err := Parse(was.WithPause(p).Steered(Draining).String())
		if err != nil || got.Grant() != was.Grant() || !got.IsPaused() || got.Pause().Until != until {
			t.Fatalf("%q with %+v reads as %#v, %v", was, p, got, err)
		}
		if again := got.WithPause(got.Pause()); again.Pause() != got.Pause() {
			t.Errorf("%+v copied is %+v", got.Pause(), again.Pause())
		}
		if over := got.WithPause(Pause{}); over.IsPaused() || len(over.String()) > len(got.String()) {
			t.Errorf("resumed is %q", over)
		}
	})
}
