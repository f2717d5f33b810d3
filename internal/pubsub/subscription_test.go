package pubsub

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/seam"
)

// What forbids to dial does not end a receive, and ends what a dialer that does not
// look at contexts begins all the same.
func TestReceivingForbidsToDial(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	ctx := receiving{over}
	until, ends := ctx.Deadline()
	if left := time.Until(until); ctx.Err() == nil || !ends || left <= silence || left > time.Minute {
		t.Errorf("Err() = %v, Deadline() in %v, %v", ctx.Err(), left, ends)
	}
}

// FuzzDispatch receives what anybody may publish: whoever reaches the server can. It gets
// only to those who listen on that channel, as it was sent.
func FuzzDispatch(f *testing.F) {
	const channel = "incumbent:{x}:records"
	f.Add(channel, "1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - -", "subscribe", false)
	f.Add(channel, "1 V 3 4 2000 LQ AAAABBBBCCCCDDDD - -", "unsubscribe", false)
	f.Add(channel, "\x00\xff", "psubscribe", true)
	f.Add("incumbent:{y}:records", "1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - -", "", false)
	f.Add(channel, "", "subscribe", true)
	f.Fuzz(func(t *testing.T, on, payload, kind string, parts bool) {
		const other = "incumbent:{z}:records"
		if on == other {
			return
		}
		var heard []Message
		s := &Subscription{clock: seam.NewSystem(), wanted: map[string]map[*Listener]struct{}{
			channel: {&Listener{Hear: func(m Message) { heard = append(heard, m) }}: {}},
			other:   {&Listener{Hear: func(m Message) { t.Errorf("%q was heard on another channel", m.Text) }}: {}},
		}}
		m, want := &redis.Message{Channel: on, Payload: payload}, payload
		if parts { // an answer of RESP that is a list
			m.Payload, m.PayloadSlice, want = "", []string{payload}, ""
		}
		s.dispatch(m)
		s.dispatch(&redis.Subscription{Kind: kind, Channel: on, Count: -1})
		s.dispatch(&redis.Pong{Payload: payload})
		s.dispatch(nil)
		count := 0
		if on == channel {
			count = 1
		}
		if on == channel && kind == "subscribe" {
			count = 2
		}
		switch {
		case len(heard) != count:
			t.Errorf("heard %+v, want %d messages", heard, count)
		case count > 0 && (heard[0].Text != want || heard[0].Subscribed):
			t.Errorf("heard %+v, want %q", heard[0], want)
		case count > 1 && (heard[1].Text != "" || !heard[1].Subscribed):
			t.Errorf("heard %+v, want a subscription", heard[1])
		}
	})
}
