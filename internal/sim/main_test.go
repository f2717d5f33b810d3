package sim

import (
	"os"
	"runtime"
	"testing"
)

// One bubble keeps one processor busy; a second one would only reorder what
// happens at the same instant.
func TestMain(m *testing.M) {
	runtime.GOMAXPROCS(1)
	os.Exit(m.Run())
}
