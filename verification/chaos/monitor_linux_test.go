package chaos

import (
	"fmt"
	"testing"
	"time"
)

func TestMonitorTellsWhatHappensToTheKey(t *testing.T) {
	m := &monitor{key: key}
	now := time.Now()
	stamp := fmt.Sprintf("%d.%06d", now.Unix(), now.Nanosecond()/1000)
	for text, want := range map[string]change{
		`[0 lua] "SET" "incumbent:{chaos}" "1 L 5 0"`:                 {kind: wrote, bytes: "1 L 5 0"},
		`[0 127.0.0.1:4711] "set" "incumbent:{chaos}" "a \"b\" \x00"`: {kind: put, bytes: "a \"b\" \x00"},
		`[0 127.0.0.1:4711] "flushall"`:                               {kind: gone},
		`[0 127.0.0.1:4711] "del" "incumbent:{chaos}"`:                {kind: gone},
		`[0 lua] "ECHO" "chaos:absent"`:                               {kind: absent},
		`[0 127.0.0.1:4711] "echo" "chaos:mark:12"`:                   {kind: mark, number: 12},
	} {
		got, ok := m.parse("+" + stamp + " " + text + "\r\n")
		if age := monotonic() - got.at; !ok || age < 0 || age > time.Minute {
			t.Errorf("%s: %t, %v ago", text, ok, age)
		}
		if got.at = 0; got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
	for _, text := range []string{`[0 lua] "SET" "another" "x"`, `[0 lua] "GETRANGE" "incumbent:{chaos}" "0" "1024"`, `nonsense`, ``} {
		if got, ok := m.parse("+" + stamp + " " + text); ok {
			t.Errorf("%s: %+v", text, got)
		}
	}
}
