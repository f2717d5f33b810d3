package election

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/seam"
)

// FuzzHint hears what anybody may publish: whoever reaches the server can. Only
// readable records get through, only to those who listen on that channel, and
// the latest of several is kept.
func FuzzHint(f *testing.F) {
	const channel = "incumbent:{x}:records"
	f.Add(channel, "1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - -", "1 L 3 5 2000 LQ AAAABBBBCCCCDDDD - -", "subscribe", false)
	f.Add(channel, "1 V 3 4 2000 LQ AAAABBBBCCCCDDDD - -", "1 L 2 9 2000 LQ AAAABBBBCCCCDDDD - -", "unsubscribe", false)
	f.Add(channel, "", "\x00\xff", "psubscribe", true)
	f.Add("incumbent:{y}:records", "1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - -", "1 Q 3 4 2000 LQ AAAABBBBCCCCDDDD - - 1763692999.12", "", false)
	f.Add(channel, "1 L 9007194959773696 9007199254740991 86400000 - AAAABBBBCCCCDDDD - -", "vacant", "subscribe", true)
	f.Fuzz(func(t *testing.T, on, first, second, kind string, parts bool) {
		box := &mailbox{wake: make(chan struct{}, 1)}
		var heard []push
		h := &hints{clock: seam.NewSystem(), wanted: map[string]map[*listener]struct{}{
			channel:                 {&listener{hear: func(p push) { heard = append(heard, p); box.put(p) }}: {}},
			"incumbent:{z}:records": {&listener{hear: func(p push) { t.Errorf("%q was heard on another channel", p.bytes) }}: {}},
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
		records := len(heard)
		h.dispatch(&redis.Subscription{Kind: kind, Channel: on, Count: -1})
		h.dispatch(&redis.Pong{Payload: first})
		h.dispatch(nil)
		checkHeard(t, heard[:records], on == channel && !parts, first, second)
		checkMailbox(t, box, heard, on == channel && kind == "subscribe")
	})
}

// checkHeard checks that exactly the readable texts were heard.
func checkHeard(t *testing.T, heard []push, listening bool, texts ...string) {
	t.Helper()
	for _, text := range texts {
		rec, err := parseRecord(text)
		if err != nil || !listening {
			continue
		}
		if len(heard) == 0 || heard[0].bytes != text || heard[0].rec != rec || heard[0].subscribed || !heard[0].readable() {
			t.Fatalf("%q was heard as %+v", text, heard)
		}
		if p := heard[0]; !p.server.IsZero() || p.sent.Mono != 0 || p.received.Wall == 0 {
			t.Errorf("a push was sent %v, received %v, at the server's %v", p.sent, p.received, p.server)
		}
		heard = heard[1:]
	}
	if len(heard) > 0 {
		t.Errorf("%q was heard", heard[0].bytes)
	}
}

// checkMailbox checks that the latest of what was heard is kept.
func checkMailbox(t *testing.T, box *mailbox, heard []push, subscribed bool) {
	t.Helper()
	kept, full, look := box.take()
	if look != subscribed {
		t.Errorf("a look is due: %v, subscribed: %v", look, subscribed)
	}
	for _, p := range heard {
		later := p.rec.term > kept.rec.term || p.rec.term == kept.rec.term && p.rec.beat > kept.rec.beat
		if !p.subscribed && (!full || later) {
			t.Errorf("%q was heard, %q kept", p.bytes, kept.bytes)
		}
	}
	if full && (!kept.readable() || len(heard) == 0) {
		t.Errorf("kept %+v", kept)
	}
}
