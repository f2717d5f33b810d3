package election

import (
	"context"
	"testing"
	"time"

	"example.com/incumbent/internal/record"
	"example.com/incumbent/internal/register"
)

// Packages beside this one find in the work's context what their scripts check.
func TestWorkKnowsWhatItsScriptsCheck(t *testing.T) {
	bubble(t, func(w *world) {
		if h, ok := register.HolderFrom(w.Context()); ok {
			w.Errorf("outside of work: %+v", h)
		}
		a := w.candidate("a")
		r := a.leader(obey)
		derived, cancel := context.WithTimeout(r.ctx, time.Minute)
		defer cancel()
		h, ok := register.HolderFrom(derived)
		if got := w.record(); !ok || h.Place.Key != a.place.Key || h.Grant != got.Grant() || h.Client != register.Client(a.rdb) {
			w.Errorf("%+v, %v, want the grant of %v", h, ok, got)
		}
		if h.Grant == (record.Grant{}) {
			w.Error("no grant")
		}
		_ = r.stop()
	})
}
