package register

import (
	"context"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/seam"
)

// FuzzAnswer reads what a server, or what pretends to be one, may answer to a
// script: values of any type in any number, or an error of any text.
func FuzzAnswer(f *testing.F) {
	const rec = "1 L 3 4 2000 LQ AAAABBBBCCCCDDDD - -"
	f.Add("sliss", int64(1), rec, "1763692999", "120000", "")
	f.Add("iss", int64(1), rec, "", "", "")                                              // of cas
	f.Add("isss", int64(1), rec, "1763692999", "120000", "")                             // of look
	f.Add("isss", int64(0), "", "1763692999", "120000", "")                              // absent
	f.Add("isss", int64(1), strings.Repeat("x", 1025), "1", "1", "")                     // too long
	f.Add("isss", int64(7), rec, "9223372036854775807", "9223372036854775807", "")       // an odd clock
	f.Add("isss", int64(1), rec, "-62135596800", "-1", "")                               // another
	f.Add("ins", int64(1), rec, "", "", "")                                              // null
	f.Add("ies", int64(1), rec, "NOPERM no", "", "")                                     // an error within
	f.Add("a", int64(1), rec, "", "", "")                                                // nested
	f.Add("E", int64(0), "", "", "", "WRONGTYPE Operation against a key holding")        // another type of key
	f.Add("E", int64(0), "", "", "", "NOPERM this user has no permissions")              // a right is missing
	f.Add("E", int64(0), "", "", "", "ERR \x00\xff election NOAUTHOR said \"NOPERM\" -") // odd
	f.Add("m", int64(0), "k", "v", "", "")
	f.Add("i", int64(1), "", "", "", "")
	f.Fuzz(func(t *testing.T, types string, number int64, first, second, third, failure string) {
		clock := seam.NewSystem()
		cmd, values := answer(types, number, []string{first, second, third}, failure)
		c := call{script: redis.NewScript(""), value: cmd.Val(), err: cmd.Err(), requests: []int{0}}
		if c.value == nil && c.err == nil {
			c.err = errors.New("the pipeline's")
		}
		seen, err := c.read(0, nil)
		seen.Sent, seen.Received = clock.Now(), clock.Now()
		if err != nil {
			err = Classify(err)
		}
		got := Reply{seen, err}
		switch {
		case got.Err != nil:
			checkFailure(t, got, failure)
		case strings.HasPrefix(types, "E"):
			if got.Foreign != ErrWrongType || !says(cmd.Err(), "WRONGTYPE") {
				t.Errorf("%v was read as %+v", cmd.Err(), got)
			}
		default:
			checkSighting(t, got.Observation, values)
		}
	})
}

// answer is a command as the client returns it.
func answer(types string, number int64, texts []string, failure string) (*redis.Cmd, []any) {
	cmd := redis.NewCmd(context.Background())
	switch {
	case strings.HasPrefix(types, "E"):
		cmd.SetErr(serverError(failure))
		return cmd, nil
	case len(types) == 1:
		cmd.SetVal(value(types[0], number, texts[0]))
		return cmd, nil
	}
	var values []any
	for i, c := range []byte(types[:min(len(types), 12)]) {
		values = append(values, value(c, number, texts[max(0, i-1)%3]))
	}
	cmd.SetVal(values)
	return cmd, values
}

// value is what the client makes of one value of RESP2 or 3.
func value(kind byte, number int64, text string) any {
	switch kind {
	case 'i':
		return number
	case 'n':
		return nil
	case 'e':
		return serverError(text)
	case 'a':
		return []any{number, text}
	case 'm':
		return map[any]any{text: number}
	case 'f':
		return float64(number) / 3
	case 'b':
		return number > 0
	case 'B':
		return big.NewInt(number)
	}
	return text
}

// checkFailure checks that a failure has one class, keeps what the server said,
// and that only what the server said is permanent.
func checkFailure(t *testing.T, got Reply, failure string) {
	t.Helper()
	classes := 0
	for _, class := range []error{ErrDenied, ErrUnfit, ErrUnavailable} {
		if errors.Is(got.Err, class) {
			classes++
		}
	}
	said, isServers := errors.AsType[redis.Error](got.Err)
	if classes != 1 || isServers && !strings.Contains(failure, said.Error()) {
		t.Errorf("%v is of %d classes", got.Err, classes)
	}
	if got.Present || got.Bytes != "" || got.Readable() {
		t.Errorf("a failure shows %+v", got.Observation)
	}
	if Persistent(got.Err) && !isServers {
		t.Errorf("%v is permanent", got.Err)
	}
}

// checkSighting compares what was read with the values.
func checkSighting(t *testing.T, s Observation, values []any) {
	t.Helper()
	rec, err := record.Parse(s.Bytes)
	switch {
	case s.Present != (values[0] == int64(1)) || s.Bytes != values[1]:
		t.Errorf("%v was read as %+v", values, s)
	case s.Readable() != (s.Present && err == nil) || s.Readable() && s.Rec != rec:
		t.Errorf("%q was read as %+v, %v", s.Bytes, s.Rec, s.Foreign)
	case len(values) == 3 && (s.PublishErr != values[2] || !s.Server.IsZero()):
		t.Errorf("%v: the hint failed with %q, at %v", values, s.PublishErr, s.Server)
	case len(values) > 3 && s.PublishErr != "":
		t.Errorf("%v: the hint of a look failed with %q", values, s.PublishErr)
	}
}
