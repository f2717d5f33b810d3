package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"example.com/incumbent/verification/mutate/patch"
)

const (
	module      = "example.com/incumbent"
	instruments = "verification" // the folder of the module with the simulation
)

// laboratory builds and runs variants in folders of its own.
type laboratory struct {
	from  int // the first seed
	seeds int // for each variant; 0: its own bound
	hours float64
	model bool   // the model of elections judges, in place of the checker
	root  string // of the module whose code is patched
	dir   string
}

// open finds the module and makes the folder.
func (l *laboratory) open() error {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return fmt.Errorf("finding the module: %w", err)
	}
	l.root = strings.TrimSpace(string(out))
	l.dir, err = os.MkdirTemp("", "mutants")
	return err
}

func (l *laboratory) close() { _ = os.RemoveAll(l.dir) } // a temporary folder

// examine builds a variant, runs the simulation on it until it is caught, and
// reads what was found.
func (l *laboratory) examine(m mutant) (finding, error) {
	dir, err := os.MkdirTemp(l.dir, "")
	if err != nil {
		return finding{}, err
	}
	defer os.RemoveAll(dir)
	if m.test != "" {
		return l.try(m, dir)
	}
	if err := l.build(m, dir); err != nil {
		return finding{}, err
	}
	return l.run(m, dir)
}

// try runs the test of a variant that is not for the simulation.
func (l *laboratory) try(m mutant, dir string) (f finding, err error) {
	overlay, err := l.overlay(m, dir)
	if err != nil {
		return f, err
	}
	test := exec.Command("go", "test", "-overlay", overlay, "-count=1", "-timeout=5m", "-run", "^"+m.test+"$", "-v", module+"/"+m.in)
	test.Dir = filepath.Join(l.root, instruments)
	if m.long {
		test.Env = append(os.Environ(), "INCUMBENT_LONG=yes")
	}
	out, err := test.CombinedOutput()
	switch {
	case !bytes.Contains(out, []byte("=== RUN   "+m.test)):
		return f, fmt.Errorf("%s does not run: %w\n%s", m.test, err, out)
	case bytes.Contains(out, []byte("\n--- SKIP: "+m.test+" (")):
		return f, fmt.Errorf("%s is skipped, so it says nothing; it names what it needs:\n%s", m.test, out)
	case err != nil:
		f.test = m.test
	}
	return f, nil
}

// build compiles the simulation with the variant. What is not changed comes
// from go's cache.
func (l *laboratory) build(m mutant, dir string) error {
	overlay, err := l.overlay(m, dir)
	if err != nil {
		return err
	}
	build := exec.Command("go", "build", "-overlay", overlay, "-ldflags=-s -w", "-o", filepath.Join(dir, "simrun"), "./simrun")
	build.Dir = filepath.Join(l.root, instruments)
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building: %w\n%s", err, out)
	}
	return nil
}

// overlay writes the patched files, and what tells go of them.
func (l *laboratory) overlay(m mutant, dir string) (path string, err error) {
	patched, err := m.patch(patch.Open(l.root))
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for file, text := range patched {
		to := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(l.root, file)] = to
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, b, 0o600)
}

// run runs the simulation of a variant until it fails.
func (l *laboratory) run(m mutant, dir string) (f finding, err error) {
	seeds, result := m.bound(), filepath.Join(dir, "result.json")
	if l.seeds > 0 {
		seeds = l.seeds
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	args := []string{"-store", m.store(), "-seeds", fmt.Sprint(seeds), "-from", fmt.Sprint(l.from), "-hours", fmt.Sprint(l.hours), "-result", result, "-first"}
	if l.model {
		args = append(args, "-model")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "simrun"), args...)
	cmd.Dir = dir
	out, failed := cmd.CombinedOutput()
	var exit *exec.ExitError
	if failed != nil && !errors.As(failed, &exit) {
		return f, failed
	}
	b, err := os.ReadFile(result)
	if err == nil {
		err = json.Unmarshal(b, &f)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return f, err
	}
	if failed != nil && len(f.Failed) == 0 {
		f.Crashed = headline(out)
	}
	return f, nil
}

// headline is the line that says how a program ended.
func headline(out []byte) string {
	for line := range bytes.Lines(out) {
		if bytes.HasPrefix(line, []byte("panic:")) || bytes.HasPrefix(line, []byte("fatal error:")) {
			return strings.TrimSpace(string(line))
		}
	}
	return "the simulation fails"
}
