package singleton

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v4"

	"example.com/incumbent/internal/scope"
)

// failures are those of the work, in a row. They lengthen the pause before the next
// campaign, and the elector's cool-down with it: who fails again and again is to stand back
// for longer, whichever of the two is the longer one.
type failures struct {
	backOff *backoff.ExponentialBackOff
	most    time.Duration // the longest pause
	inARow  int
}

// ran takes in that the work did something for so long. More than the longest pause begins
// the row anew.
func (f *failures) ran(d time.Duration) {
	if d > f.most {
		f.backOff.Reset()
		f.inARow = 0
	}
}

// next counts one more, and returns the pause after it.
func (f *failures) next() time.Duration {
	f.inARow++
	return f.backOff.NextBackOff()
}

// standBack doubles the cool-down after the term of ctx with each failure before this one.
func (f *failures) standBack(ctx context.Context) {
	if lengthen, ok := ctx.Value(scope.CoolDownKey{}).(func(int, time.Duration)); ok {
		lengthen(f.inARow, f.most)
	}
}
