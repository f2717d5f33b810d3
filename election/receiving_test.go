package election

import (
	"context"
	"testing"
	"time"
)

// What forbids to dial does not end a receive, and ends what a dialer that does not
// look at contexts begins all the same.
func TestReceivingForbidsToDial(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	ctx := receiving{over}
	until, ends := ctx.Deadline()
	if left := time.Until(until); ctx.Err() == nil || !ends || left <= hintSilence || left > time.Minute {
		t.Errorf("Err() = %v, Deadline() in %v, %v", ctx.Err(), left, ends)
	}
}
