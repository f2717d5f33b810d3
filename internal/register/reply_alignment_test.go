package register

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
	r := NewRegister(admin, seam.NewSystem(), unwarmed)
	at := func(s string) Place { return Place{Key: "incumbent:{" + s + "}"} }
	const mine, other = "1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - -", "1 L 9 9 2000 LQ ZZZZBBBBCCCCDDDD - -"
	next := "1 L 3 5 2000 LQ AAAABBBBCCCCDDDD - -"
	for name, bytes := range map[string]string{"a": mine, "b": other, "c": mine + " c"} {
		set(t, admin, at(name).Key, Contents{true, bytes})
	}
	if err := admin.ConfigSet(t.Context(), "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	for what, third := range map[string]Request{
		"a look":            {Place: at("c")},
		"a swap with heirs": {Place: at("c"), Swap: &Swap{Expect: Contents{true, "not what is there"}, Next: next, NotifyFirst: []string{"h"}}},
	} {
		replies := r.Do(t.Context(),
			Request{Place: at("a"), Swap: &Swap{Expect: Contents{true, mine}, Next: next}},
			Request{Place: at("b"), Swap: &Swap{Expect: Contents{true, mine}, Next: next}},
			third,
		)
		if err := replies[0].Err; !says(err, "OOM") {
			t.Errorf("a write was not refused: %v", err)
		}
		if got := replies[1]; got.Err != nil || got.Bytes != other {
			t.Errorf("b is shown as %q, %v", got.Bytes, got.Err)
		}
		if got := replies[2]; got.Err != nil || got.Bytes != mine+" c" {
			t.Errorf("%s shows %q, %v", what, got.Bytes, got.Err)
		}
	}
}
