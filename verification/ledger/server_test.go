package ledger

import (
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// The server here answers the real script as another one does, and keeps the same.
func TestServerAnswersAsAnotherDoes(t *testing.T) {
	check, err1 := os.ReadFile("../../internal/register/lua/check.lua")
	frame, err2 := os.ReadFile("../../internal/register/lua/frame.lua")
	body, err3 := os.ReadFile("../../schedule/lua/ledger.lua")
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	text := string(check) + strings.Replace(string(frame), "--[[text]]", string(body), 1)
	now := time.Date(2026, 3, 29, 1, 0, 0, 42_000, time.UTC)
	other := miniredis.RunT(t)
	other.SetTime(now)
	rdb := redis.NewClient(&redis.Options{Addr: other.Addr()})
	defer rdb.Close()
	s := newServer(now.UnixMicro)
	defer s.close()
	if err := s.scripts.Load("script", text); err != nil {
		t.Fatal(err)
	}
	keys := []string{key, key + ":ledger", key + ":runs:j"}
	for _, c := range []struct {
		record string
		args   []string // term, nonce, job, expected, new, not before, line
	}{
		{"1 L 5 0 15000 p n5 - ", []string{"5", "n5", "j", "", "one", "0", "began"}},
		{"1 L 5 0 15000 p n5 - ", []string{"5", "n5", "j", "", "one", "0", "began"}},                   // a copy
		{"1 L 5 0 15000 p n5 - ", []string{"5", "n5", "j", "", "two", "0", ""}},                        // other
		{"1 L 5 0 15000 p n5 - ", []string{"5", "n5", "j", "one", "two", "1774746000001", ""}},         // early
		{"1 D 5 0 15000 p n5 - ", []string{"5", "n5", "j", "one", "two", "1774746000000", "line two"}}, // draining
		{"1 L 6 0 15000 p n6 - ", []string{"5", "n5", "j", "two", "three", "0", ""}},                   // of an older term
		{"1 L 5 0 15000 p n6 - ", []string{"5", "n5", "j", "two", "three", "0", ""}},                   // of another grant
		{"1 V 5 0 15000 p n5 - ", []string{"5", "n5", "j", "two", "three", "0", ""}},                   // released
		{"", []string{"5", "n5", "j", "two", "three", "0", ""}},                                        // forgotten
		{"1 L 5 0 15000 p n5 - ", []string{"5", "n5", "j", "two", "", "0", ""}},                        // removed
	} {
		args := slices.Concat(c.args, []string{"20", "channel"})
		s.record = c.record
		if _ = other.Set(key, c.record); c.record == "" {
			other.Del(key)
		}
		got, err := s.eval("script", keys, args)
		words := make([]any, len(args))
		for i, arg := range args {
			words[i] = arg
		}
		want, wantErr := rdb.Eval(t.Context(), text, keys, words...).Result()
		if err != nil || wantErr != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v: %v, %v, want %v, %v", c.args, got, err, want, wantErr)
		}
		if is := other.HGet(key+":ledger", "j"); is != s.ledger["j"] {
			t.Errorf("%v: kept %q, want %q", c.args, s.ledger["j"], is)
		}
	}
}
