package space

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/verification/space/account"
)

// What the scripts call answers as Redis does.
func TestServer(t *testing.T) {
	var sent []string
	s := newServer(account.New(time.Now()), func(channel, text string) int {
		sent = append(sent, channel+" "+text)
		return 2
	})
	defer s.close()
	run := func(text string, args ...string) any {
		digest := redis.NewScript(text).Hash()
		if !s.knows(digest) {
			if err := s.load(digest, text); err != nil {
				t.Fatal(err)
			}
		}
		value, err := s.eval(digest, 1, append([]string{"key"}, args...))
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	for _, c := range []struct {
		text string
		args []string
		want any
	}{
		{"return redis.call('HGET', KEYS[1], 'a')", nil, nil},
		{"return redis.call('HSET', KEYS[1], 'a', ARGV[1], 'b', 2)", []string{"1"}, int64(2)},
		{"return redis.call('HMGET', KEYS[1], 'a', 'c', 'b')", nil, []any{"1", nil, "2"}},
		{"return {redis.call('HEXISTS', KEYS[1], 'a'), redis.call('HEXISTS', KEYS[1], 'c')}", nil, []any{int64(1), int64(0)}},
		{"return {redis.call('HDEL', KEYS[1], 'a'), redis.call('HDEL', KEYS[1], 'a')}", nil, []any{int64(1), int64(0)}},
		{"return redis.call('PUBLISH', 'c', 'text')", nil, int64(2)},
		{"redis.call('SET', KEYS[1], 'x', 'PX', 1) return redis.call('GET', KEYS[1])", nil, "x"},
		{"redis.call('DEL', KEYS[1]) return redis.call('GET', KEYS[1])", nil, nil},
		{"return #redis.call('TIME')", nil, int64(2)},
	} {
		if got := run(c.text, c.args...); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, want %v", c.text, got, c.want)
		}
	}
	if !slices.Equal(sent, []string{"c text"}) || !slices.Equal(s.left(), []string{"b = 2"}) {
		t.Errorf("sent %q, left %q", sent, s.left())
	}
}

// What stays in the hash is met by a scan although other fields come and go meanwhile.
func TestScanMeetsWhatStays(t *testing.T) {
	s := newServer(account.New(time.Now()), nil)
	defer s.close()
	for i := range 100 {
		s.hash[fmt.Sprint("stays", i)] = ""
		s.hash[fmt.Sprint("goes", i)] = ""
	}
	const text = "return redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', 7)"
	digest := redis.NewScript(text).Hash()
	if err := s.load(digest, text); err != nil {
		t.Fatal(err)
	}
	met := map[string]bool{}
	for cursor, step := "0", 0; step == 0 || cursor != "0"; step++ {
		value, err := s.eval(digest, 1, []string{"key", cursor})
		if err != nil {
			t.Fatal(err)
		}
		answer := value.([]any)
		cursor = answer[0].(string)
		for i := 0; i < len(answer[1].([]any)); i += 2 {
			met[answer[1].([]any)[i].(string)] = true
		}
		delete(s.hash, fmt.Sprint("goes", step))
		s.hash[fmt.Sprint("comes", step)] = ""
	}
	for i := range 100 {
		if !met[fmt.Sprint("stays", i)] {
			t.Errorf("stays%d was not met", i)
		}
	}
}
