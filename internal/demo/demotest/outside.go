package demotest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Outside returns the folder of a new module that needs what this one needs, and takes this
// one from root, where it lies. It is as a user's module is: nothing internal can be
// imported there.
func Outside(tb testing.TB, root string) (dir string) {
	tb.Helper()
	root, err := filepath.Abs(root)
	if err != nil {
		tb.Fatal(err)
	}
	dir = tb.TempDir()
	mod := read(tb, filepath.Join(root, "go.mod"))
	_, requires, _ := strings.Cut(mod, "\n")
	write(tb, filepath.Join(dir, "go.mod"), "module outside\n"+requires+"\nrequire example.com/incumbent v0.0.0\nreplace example.com/incumbent => "+root+"\n")
	write(tb, filepath.Join(dir, "go.sum"), read(tb, filepath.Join(root, "go.sum")))
	return dir
}

// Go runs the go command in the folder of such a module, and fails the test if it does.
func Go(tb testing.TB, dir string, args ...string) {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// BuildCopy copies main.go of the current folder, which is that of an example, into a module
// outside of this one, builds it there, and returns the program. The file must be one that a
// reader can take in: shorter than 300 lines.
func BuildCopy(tb testing.TB) (program string) {
	tb.Helper()
	text := read(tb, "main.go")
	if lines := strings.Count(text, "\n"); lines >= 300 {
		tb.Errorf("main.go has %d lines", lines)
	}
	dir := Outside(tb, "../..")
	write(tb, filepath.Join(dir, "main.go"), text)
	Go(tb, dir, "build", "-o", "program", ".")
	return filepath.Join(dir, "program")
}

func read(tb testing.TB, name string) string {
	tb.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

func write(tb testing.TB, name, text string) {
	tb.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}
