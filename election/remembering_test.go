package election

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"example.com/incumbent/internal/register"
	"example.com/incumbent/internal/seam"
)

// shownStore answers whatever is asked with these replies.
type shownStore []register.Reply

func (s shownStore) Do(context.Context, ...register.Request) []register.Reply { return s }

func (s shownStore) Peek(context.Context, string) (register.Observation, error) {
	return s[0].Observation, s[0].Err
}

// Each reply goes into the memory of its own election, and an error into none.
func TestRepliesAreRemembered(t *testing.T) {
	a, b, c := &memory{}, &memory{}, &memory{}
	known := map[string]*memory{"a": a, "b": b, "c": c}
	of := func(key string) *memory { return known[key] }
	at := func(key string) register.Request { return register.Request{Place: register.Place{Key: key}} }
	failed := register.Reply{Observation: seeing(9), Err: errors.New("lost")}
	s := shownStore{{Observation: seeing(7)}, failed, {Observation: seeing(0)}, {Observation: seeing(5)}}
	r := &remembering{s, of}
	if got := r.Do(t.Context(), at("a"), at("b"), at("c"), at("forgotten")); len(got) != len(s) {
		t.Fatalf("%d replies", len(got))
	}
	if a.term != 7 || b.everSeen() || c.everSeen() {
		t.Errorf("remembers %+v, %+v, %+v", a, b, c)
	}
	for _, shown := range []register.Reply{{Observation: seeing(8)}, failed} {
		seen, err := (&remembering{shownStore{shown}, of}).Peek(t.Context(), "a")
		if seen.Bytes != shown.Bytes || err != shown.Err {
			t.Errorf("a peek shows %q, %v", seen.Bytes, err)
		}
	}
	if a.term != 8 {
		t.Errorf("remembers term %d after peeks, want 8", a.term)
	}
}

// A reply to a beat is remembered when it has been delivered, not before: in between its
// term may be given up and retire, and nothing would know what the reply has shown.
func TestBeatsAreRememberedAfterTheirDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBeater(nil, seam.NewSystem())
		own := leaderships(t, 1, nil, seam.NewSystem())[0]
		for range cap(b.inbox) {
			b.inbox <- func() {}
		}
		own.memory.giveUp(own.grant)
		replied := b.batch([]beat{{leadership: own}}).Replied
		go replied([]register.Reply{{Observation: seeing(0)}})
		synctest.Wait()
		if !own.memory.mayStand(own.grant) {
			t.Error("remembered before it was delivered")
		}
		<-b.inbox
		synctest.Wait()
		if own.memory.mayStand(own.grant) {
			t.Error("not remembered")
		}
		own.trust.stop()
	})
}

// An elector that was idle for so long that its name is forgotten shares the memory of
// those that come after it.
func TestAForgottenElectorSharesTheMemoryOfOthers(t *testing.T) {
	old := leaderships(t, 1, nil, seam.NewSystem())[0].candidacy
	before := old.memory()
	clear(old.names.known)
	now := old.names.of(old.place.Key, old.clock.Now())
	if now == before || old.memory() != now {
		t.Errorf("an elector uses memory %p, the others %p", old.memory(), now)
	}
	old.names.of("another", old.clock.Now())
	if old.memory() != now {
		t.Error("an elector uses another's memory")
	}
}
