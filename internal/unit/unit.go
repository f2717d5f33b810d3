// Package unit finds durations that were given without a unit.
package unit

import (
	"fmt"
	"time"
)

// Missing returns what to write in the place of a positive duration that is shorter
// than a millisecond, since that is a number without a unit; "" if d is none. A number
// is taken for seconds, from 1000 on for milliseconds.
func Missing(d time.Duration) string {
	switch {
	case d <= 0 || d >= time.Millisecond:
		return ""
	case d < 1000:
		return fmt.Sprintf("%d*time.Second", int64(d))
	}
	return fmt.Sprintf("%d*time.Millisecond", int64(d))
}
