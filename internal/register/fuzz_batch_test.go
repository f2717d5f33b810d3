package register

import (
	"errors"
	"strings"
	"testing"
)

// FuzzBatch reads what a server may answer to a script that swaps several
// records: of each its new bytes, what it shows instead, the text of an error, or
// something else. Each answer is that of its own record; one of another length is
// none at all.
func FuzzBatch(f *testing.F) {
	const rec = "1 L 3 5 2000 LQ AAAABBBBCCCCDDDD - -"
	f.Add("N", 1, int64(1), "1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - -", rec)
	f.Add("NvN", 3, int64(1), "1 L 9 9 2000 LQ AAAABBBBCCCCDDDE - -", rec)
	f.Add("vv", 2, int64(0), "", rec)
	f.Add("sNv", 3, int64(1), "WRONGTYPE Operation against a key holding the wrong kind of value", rec)
	f.Add("Ns", 2, int64(1), "OOM command not allowed when used memory > 'maxmemory'.", rec)
	f.Add("inemfa", 6, int64(1), "x", rec)
	f.Add("v", 2, int64(1), "what is left of another answer", rec)
	f.Add("NN", 1, int64(1), "", rec)
	f.Add("", 0, int64(1), "", "")
	f.Fuzz(func(t *testing.T, kinds string, asked int, number int64, text, next string) {
		kinds = kinds[:min(len(kinds), 8)]
		c := &call{requests: make([]int, max(0, min(asked, 8)))}
		values := []any{}
		for _, kind := range []byte(kinds) {
			values = append(values, batched(kind, number, text, next))
		}
		c.value = values
		for i := range c.requests {
			seen, err := c.read(i, &Swap{Next: next})
			switch {
			case err != nil:
				checkFailure(t, Reply{seen, Classify(err)}, text)
				if len(kinds) == len(c.requests) && kinds[i] == 'N' {
					t.Errorf("%q: %d is %v", kinds, i, err)
				}
			case len(kinds) != len(c.requests):
				t.Errorf("%q was read as the answer %+v to %d of %d requests", kinds, seen, i, len(c.requests))
			default:
				checkBatched(t, values[i], text, next, seen)
			}
		}
	})
}

// batched is the answer to one of several swaps.
func batched(kind byte, number int64, text, next string) any {
	switch kind {
	case 'N':
		return next
	case 'v':
		return []any{number, text, ""}
	}
	return value(kind, number, text)
}

// checkBatched checks that a record was read from what was said of it.
func checkBatched(t *testing.T, said any, text, next string, seen Observation) {
	t.Helper()
	want := Contents{true, next}
	if values, ok := said.([]any); ok && len(values) > 2 {
		want = Contents{values[0] == int64(1), text}
	} else if said != next {
		want = Contents{Present: true}
		if !strings.Contains(strings.ToUpper(text), "WRONGTYPE") || !errors.Is(seen.Foreign, ErrWrongType) {
			t.Errorf("%v was read as %+v", said, seen)
		}
	}
	if seen.Contents != want {
		t.Errorf("%v was read as %+v, want %+v", said, seen.Contents, want)
	}
}
