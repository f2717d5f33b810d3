package election

import (
	"errors"
	"strings"
	"testing"
)

// FuzzBatch reads what a server may answer to a script that swaps several
// records: of each a number, values, an error, or something else. Each answer is
// that of its own record, and what is missing is a failure.
func FuzzBatch(f *testing.F) {
	const rec = "1 L 3 5 2000 LQ AAAABBBBCCCCDDDD - -"
	f.Add("1", int64(1), "1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - -", rec)
	f.Add("1v1", int64(1), "1 L 9 9 2000 LQ AAAABBBBCCCCDDDE - -", rec)
	f.Add("vv", int64(0), "", rec)
	f.Add("e1v", int64(1), "WRONGTYPE Operation against a key holding the wrong kind of value", rec)
	f.Add("1e", int64(1), "OOM command not allowed when used memory > 'maxmemory'.", rec)
	f.Add("2nsmf", int64(1), "x", rec)
	f.Add("", int64(1), "", "")
	f.Fuzz(func(t *testing.T, kinds string, number int64, text, next string) {
		var values []any
		for _, kind := range []byte(kinds[:min(len(kinds), 8)]) {
			values = append(values, batched(kind, number, text))
		}
		c := &call{value: values, requests: make([]int, len(values)+1)}
		for i := range c.requests {
			seen, err := c.read(i, &swap{next: next})
			switch {
			case i == len(values):
				if !errors.Is(err, ErrUnavailable) {
					t.Errorf("%q: request %d was answered by %+v, %v", kinds, i, seen, err)
				}
			case err != nil:
				checkFailure(t, reply{seen, err}, text)
				if kinds[i] == '1' {
					t.Errorf("%q: %d is %v", kinds, i, err)
				}
			default:
				checkBatched(t, kinds[i], number, text, next, seen)
			}
		}
	})
}

// batched is the answer to one of several swaps.
func batched(kind byte, number int64, text string) any {
	switch kind {
	case '1':
		return int64(1)
	case '2':
		return number + 2
	case 'v':
		return []any{number, text, ""}
	}
	return value(kind, number, text)
}

// checkBatched checks that a record was read from what was said of it.
func checkBatched(t *testing.T, kind byte, number int64, text, next string, seen sighting) {
	t.Helper()
	want := contents{true, next}
	switch {
	case kind == '1' || kind == 'i' && number == 1 || kind == '2' && number == -1:
	case kind == 'v':
		want = contents{number == 1, text}
	case strings.Contains(strings.ToUpper(text), "WRONGTYPE") && seen.foreign == errWrongType:
		want = contents{present: true}
	default:
		t.Errorf("%q with %d and %q was read as %+v", kind, number, text, seen)
	}
	if seen.contents != want {
		t.Errorf("%q was read as %+v, want %+v", kind, seen.contents, want)
	}
}
