package singleton_test

import (
	"strings"
	"testing"
	"time"

	"example.com/incumbent/singleton"
)

// What nobody means panics where it is written, as in the standard library. A
// standby would find it out at its first term only, perhaps weeks later.
func TestWhatNobodyMeansPanics(t *testing.T) {
	for name, tc := range map[string]struct {
		misuse func()
		says   string
	}{
		"no interval":      {func() { singleton.Every(0, obey) }, "give a positive interval"},
		"an interval back": {func() { singleton.Every(-time.Second, obey) }, "give a positive interval"},
		"no unit":          {func() { singleton.Every(30, obey) }, "Every(30ns, ...): shorter than a millisecond: did you mean 30*time.Second?"},
		"no task":          {func() { singleton.Every(time.Second, nil) }, "give a task"},
		"nothing at all":   {func() { singleton.Every(0, nil) }, "give a positive interval"},
		"no work":          {func() { singleton.Hooks{}.Around(nil) }, "give the work"},
	} {
		if got, _ := ending(tc.misuse).(string); !strings.HasPrefix(got, "singleton: ") || !strings.Contains(got, tc.says) {
			t.Errorf("%s: recovered %q, want a text of singleton that says %q", name, got, tc.says)
		}
	}
}
