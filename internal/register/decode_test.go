package register

import "testing"

// FuzzDecode reads what a server, or what pretends to be one, may answer to a
// script.
func FuzzDecode(f *testing.F) {
	f.Add(int64(1), "1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - -", "1763692999", "120000", 4)
	f.Add(int64(0), "", "", "", 3)
	f.Add(int64(7), "", "x", "-1", 9)
	f.Fuzz(func(t *testing.T, present int64, bytes, third, fourth string, n int) {
		values := []any{present, bytes, third, fourth, nil, 1.5}
		values = values[:max(0, min(n, len(values)))]
		s, err := decode(values)
		if err != nil {
			return
		}
		checkSighting(t, s, values)
	})
}

func TestAnswersOfOtherShapesAreRefused(t *testing.T) {
	for _, values := range [][]any{
		nil,
		{},
		{int64(1)},
		{int64(1), "bytes"},
		{"1", "bytes", ""},
		{int64(1), nil, ""},
		{int64(1), "bytes", int64(5)},
		{int64(1), "bytes", "5"[:0], "6"},
		{int64(1), "bytes", "5", "x"},
		{int64(1), "bytes", "5", int64(6)},
		{int64(1), "bytes", "99999999999999999999", "6"},
	} {
		if s, err := decode(values); err == nil {
			t.Errorf("%v is decoded as %+v", values, s)
		}
	}
}
