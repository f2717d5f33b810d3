package election

// Shows S9: whatever is published, the latest readable record is kept, and nothing else.

import (
	"slices"
	"testing"

	"example.com/incumbent/internal/pubsub"
	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/succession"
)

// FuzzHint hears what anybody may publish: whoever reaches the server can. The latest
// readable record is kept.
func FuzzHint(f *testing.F) {
	f.Add("1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - -", "1 L 3 5 2000 LQ AAAABBBBCCCCDDDD - -", true)
	f.Add("1 V 3 4 2000 LQ AAAABBBBCCCCDDDD - -", "1 L 2 9 2000 LQ AAAABBBBCCCCDDDD - -", false)
	f.Add("", "\x00\xff", false)
	f.Add("1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - -", "1 Q 3 4 2000 LQ AAAABBBBCCCCDDDD - - 1763692999.12", false)
	f.Add("1 L 9007194959773696 9007199254740991 86400000 - AAAABBBBCCCCDDDD - -", "vacant", true)
	f.Fuzz(func(t *testing.T, first, second string, subscribed bool) {
		box := newInbox()
		box.take()
		box.onRecord(pubsub.Message{Text: first})
		box.onRecord(pubsub.Message{Text: second})
		if subscribed {
			box.onRecord(pubsub.Message{Subscribed: true})
		}
		checkInbox(t, box, []string{first, second}, subscribed)
	})
}

// checkInbox checks that the latest of the records that were heard is kept.
func checkInbox(t *testing.T, box *inbox, heard []string, subscribed bool) {
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
		later := rec.Term > kept.seen.Rec.Term || rec.Term == kept.seen.Rec.Term && rec.Beat > kept.seen.Rec.Beat
		if !full || later {
			t.Errorf("%q was heard, %q kept", text, kept.seen.Bytes)
		}
	}
	if full != (readable > 0) || full && (!kept.seen.Readable() || !slices.Contains(heard, kept.seen.Bytes) || kept.rank != 0) {
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
		box := newInbox()
		box.onVacancy(pubsub.Message{Text: text})
		p, full, _ := box.take()
		if !full {
			return
		}
		if p.rank < 1 || p.rank > succession.MaxNotified || !p.seen.Readable() || string(rune('0'+p.rank))+" "+p.seen.Bytes != text {
			t.Errorf("%q was heard as %d, %q", text, p.rank, p.seen.Rec)
		}
	})
}
