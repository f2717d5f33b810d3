package election

import (
	"testing"

	"example.com/incumbent/internal/redistest"
	"example.com/incumbent/internal/seam"
)

// A write that is refused in a packet does not shift the answers behind it: a
// client that meets an error within an array may lose its place.
func TestRefusedWritesShiftNoAnswers(t *testing.T) {
	server := redistest.Start(t)
	admin := server.Client()
	r := newRegister(admin, seam.NewSystem(), unwarmed)
	at := func(s string) place { return place{key: "incumbent:{" + s + "}"} }
	const mine, other = "1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - -", "1 L 9 9 2000 LQ ZZZZBBBBCCCCDDDD - -"
	next := "1 L 3 5 2000 LQ AAAABBBBCCCCDDDD - -"
	for name, bytes := range map[string]string{"a": mine, "b": other, "c": mine + " c"} {
		set(t, admin, at(name).key, contents{true, bytes})
	}
	if err := admin.ConfigSet(t.Context(), "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	for what, third := range map[string]request{
		"a look":            {place: at("c")},
		"a swap with heirs": {place: at("c"), swap: &swap{expect: contents{true, "not what is there"}, next: next, heirs: []string{"h"}}},
	} {
		replies := r.Do(t.Context(),
			request{place: at("a"), swap: &swap{expect: contents{true, mine}, next: next}},
			request{place: at("b"), swap: &swap{expect: contents{true, mine}, next: next}},
			third,
		)
		if err := replies[0].err; !says(err, "OOM") {
			t.Errorf("a write was not refused: %v", err)
		}
		if got := replies[1]; got.err != nil || got.bytes != other {
			t.Errorf("b is shown as %q, %v", got.bytes, got.err)
		}
		if got := replies[2]; got.err != nil || got.bytes != mine+" c" {
			t.Errorf("%s shows %q, %v", what, got.bytes, got.err)
		}
	}
}
