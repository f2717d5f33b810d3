package incumbent_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"example.com/incumbent/internal/redistest"
)

// A newcomer who follows the README from the top, in an empty directory, gets a program
// that is elected and stops. The lines are those that are printed, but for the address of
// the repository, the address of Redis, and the last one, which ends by SIGTERM here. The
// modules that it needs come from wherever go gets them.
func TestReadmeFromTopToBottom(t *testing.T) {
	redistest.Long(t)
	server := miniredis.RunT(t)
	if err := server.Set("incumbent:{poller}", "1 V 41 7 15000 - AAAAAAAAAAAAAAAA - -"); err != nil { // led before
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	program := strings.ReplaceAll(blocks(t, "README.md")[0].text, "localhost:6379", server.Addr())
	write(t, filepath.Join(dir, "main.go"), program)

	_, install, _ := strings.Cut(read(t, "README.md"), "## Install\n")
	_, install, _ = strings.Cut(install, "```console\n")
	install, _, _ = strings.Cut(install, "```")
	script := "set -euo pipefail\n"
	for line := range strings.Lines(install) {
		line, printed := strings.CutPrefix(line, "$ ")
		if !printed {
			t.Fatalf("the README's lines to install hold %q", line)
		}
		line = strings.ReplaceAll(line, "<this repository>", here)
		if strings.HasPrefix(line, "go mod tidy") {
			script += "cp ../main.go .\n"
		}
		script += strings.Replace(line, "go run .", "go build -o program . && exec ./program", 1)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	newcomer := exec.CommandContext(ctx, "bash", "-c", script)
	newcomer.Dir, newcomer.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	var out lockedBuffer
	newcomer.Stdout, newcomer.Stderr = &out, &out
	if err := newcomer.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- newcomer.Wait() }()
	for !strings.Contains(out.String(), "only one of us prints this") {
		select {
		case err := <-ended:
			t.Fatalf("it ended with %v, after\n%s", err, out.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
	if err := newcomer.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v, after\n%s", err, out.String())
	}
}
