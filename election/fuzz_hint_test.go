package election

import (
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/seam"
)

// FuzzHint hears what anybody may publish: whoever reaches the server can. It gets
// only to those who listen on that channel, and of what they hear the latest
// readable record is kept.
func FuzzHint(f *testing.F) {
	const channel = "incumbent:{x}:records"
	f.Add(channel, "1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - -", "1 L 3 5 2000 LQ AAAABBBBCCCCDDDD - -", "subscribe", false)
	f.Add(channel, "1 V 3 4 2000 LQ AAAABBBBCCCCDDDD - -", "1 L 2 9 2000 LQ AAAABBBBCCCCDDDD - -", "unsubscribe", false)
	f.Add(channel, "", "\x00\xff", "psubscribe", true)
	f.Add("incumbent:{y}:records", "1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - -", "1 Q 3 4 2000 LQ AAAABBBBCCCCDDDD - - 1763692999.12", "", false)
	f.Add(channel, "1 L 9007194959773696 9007199254740991 86400000 - AAAABBBBCCCCDDDD - -", "vacant", "subscribe", true)
	f.Fuzz(func(t *testing.T, on, first, second, kind string, parts bool) {
		box := newMailbox()
		box.take()
		var heard []string
		h := &hints{clock: seam.NewSystem(), wanted: map[string]map[*listener]struct{}{
			channel:                 {&listener{hear: func(m message) { heard = append(heard, m.text); box.hear(m) }}: {}},
			"incumbent:{z}:records": {&listener{hear: func(m message) { t.Errorf("%q was heard on another channel", m.text) }}: {}},
		}}
		if on == "incumbent:{z}:records" {
			return
		}
		for _, payload := range []string{first, second} {
			m := &redis.Message{Channel: on, Payload: payload}
			if parts { // an answer of RESP that is a list
				m.Payload, m.PayloadSlice = "", []string{payload}
			}
			h.dispatch(m)
		}
		want := []string{first, second}
		switch {
		case on != channel:
			want = nil
		case parts:
			want = []string{"", ""}
		}
		if !slices.Equal(heard, want) {
			t.Errorf("heard %q, want %q", heard, want)
		}
		h.dispatch(&redis.Subscription{Kind: kind, Channel: on, Count: -1})
		h.dispatch(&redis.Pong{Payload: first})
		h.dispatch(nil)
		checkMailbox(t, box, want, on == channel && kind == "subscribe")
	})
}

// checkMailbox checks that the latest of the records that were heard is kept.
func checkMailbox(t *testing.T, box *mailbox, heard []string, subscribed bool) {
	t.Helper()
	kept, full, look := box.take()
	if look != subscribed {
		t.Errorf("a look is due: %v, subscribed: %v", look, subscribed)
	}
	readable := 0
	for _, text := range heard {
		rec, err := record.Parse(text)
		if err != nil {
			continue
		}
		readable++
		later := rec.Term > kept.Rec.Term || rec.Term == kept.Rec.Term && rec.Beat > kept.Rec.Beat
		if !full || later {
			t.Errorf("%q was heard, %q kept", text, kept.Bytes)
		}
	}
	if full != (readable > 0) || full && (!kept.Readable() || !slices.Contains(heard, kept.Bytes) || kept.rank != 0) {
		t.Errorf("kept %+v of %q", kept, heard)
	}
}

// FuzzRank hears what only some candidates are told: the rank and the record are
// read, or nothing is.
func FuzzRank(f *testing.F) {
	f.Add("1 1 V 3 4 2000 LQ AAAABBBBCCCCDDDD - -")
	f.Add("3 1 V 3 4 2000 LQ AAAABBBBCCCCDDDD - -")
	f.Add("4 1 V 3 4 2000 LQ AAAABBBBCCCCDDDD - -")
	f.Add("1 V 3 4 2000 LQ AAAABBBBCCCCDDDD - -")
	f.Add("0 ")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		box := newMailbox()
		box.hearFirst(message{text: text})
		p, full, _ := box.take()
		if !full {
			return
		}
		if p.rank < 1 || p.rank > maxHeirs || !p.Readable() || string(rune('0'+p.rank))+" "+p.Bytes != text {
			t.Errorf("%q was heard as %d, %q", text, p.rank, p.Rec)
		}
	})
}

// FuzzAnnouncement reads what anybody may tell a leader: it is what a candidate
// writes, or nothing.
func FuzzAnnouncement(f *testing.F) {
	f.Add("waits AAAABBBBCCCCDDDD 1500")
	f.Add("waits AAAABBBBCCCCDDDD -1")
	f.Add("waits AAAABBBBCCCCDDDD 99999999999999999999")
	f.Add("waits AAAABBBBCCCCDDD\n 0")
	f.Add("waits ")
	f.Add("steps down")
	f.Fuzz(func(t *testing.T, text string) {
		token, waited, ok := parseAnnouncement(text)
		if !ok {
			if token != "" || waited != 0 {
				t.Errorf("%q was read as %q, %v", text, token, waited)
			}
			return
		}
		if again := announcement(token, waited); again != text {
			t.Errorf("%q was read, %q written", text, again)
		}
		var r roster
		r.note(token, waited, heartbeat.Instant{})
		if heirs := r.heirs(time.Second, heartbeat.Instant{}); len(heirs) != 1 || heirs[0] != token {
			t.Errorf("%q has heirs %q", text, heirs)
		}
	})
}
