// Package demotest runs an example as a process, as a user would, and checks what
// it prints.
package demotest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"testing"

	"example.com/incumbent/internal/redistest"
)

// program is the example that Main has built.
var program string

// Main builds the program in the current folder and runs the tests, eight at a time; call
// it from TestMain. With the race detector in the tests there is one in the program.
func Main(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "demotest")
	if err != nil {
		fmt.Fprintln(os.Stderr, "demotest:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "example")
	args := []string{"build", "-o", program}
	if raceDetector() {
		args = append(args, "-race")
	}
	if output, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "demotest: go build: %v\n%s", err, output)
		return 1
	}
	redistest.Together(8)
	return m.Run()
}

func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}
