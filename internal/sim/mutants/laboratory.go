package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// laboratory builds and runs variants in a folder of its own.
type laboratory struct {
	seeds, from int
	hours       float64
	root, dir   string
}

// open finds the module and makes the folder.
func (l *laboratory) open() error {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("finding the module: %w", err)
	}
	l.root = strings.TrimSpace(string(out))
	l.dir, err = os.MkdirTemp("", "mutants")
	return err
}

func (l *laboratory) close() { _ = os.RemoveAll(l.dir) } // a temporary folder

// examine builds a variant, runs the simulation on it and reads what it found.
func (l *laboratory) examine(m mutant) (finding, error) {
	overlay, err := l.overlay(m)
	if err != nil {
		return finding{}, err
	}
	binary := filepath.Join(l.dir, "sim.test")
	build := exec.Command("go", "test", "-c", "-overlay", overlay, "-o", binary, "./internal/sim")
	build.Dir = l.root
	if out, err := build.CombinedOutput(); err != nil {
		return finding{}, fmt.Errorf("building: %w\n%s", err, out)
	}
	return l.run(m, binary)
}

// overlay writes the patched files, and what tells go of them.
func (l *laboratory) overlay(m mutant) (path string, err error) {
	patched := map[string]string{} // by file
	for _, e := range m.edits {
		text, known := patched[e.file]
		if !known {
			b, err := os.ReadFile(filepath.Join(l.root, e.file))
			if err != nil {
				return "", err
			}
			text = string(b)
		}
		if n := strings.Count(text, e.from); n != 1 {
			return "", fmt.Errorf("the patch of %s no longer fits: %d times\n%s", e.file, n, e.from)
		}
		patched[e.file] = strings.Replace(text, e.from, e.to, 1)
	}
	replace := map[string]string{}
	for file, text := range patched {
		to := filepath.Join(l.dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(l.root, file)] = to
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path = filepath.Join(l.dir, "overlay.json")
	return path, os.WriteFile(path, b, 0o600)
}

// run runs the simulation of a variant.
func (l *laboratory) run(m mutant, binary string) (f finding, err error) {
	result := filepath.Join(l.dir, "result.json")
	_ = os.Remove(result) // there is none the first time
	cmd := exec.Command(binary, "-test.run", "^TestSeeds$", "-test.timeout", "10m")
	cmd.Dir = l.dir
	cmd.Env = append(os.Environ(), fmt.Sprint("INCUMBENT_SIM_SEEDS=", l.seeds), fmt.Sprint("INCUMBENT_SIM_FROM=", l.from),
		fmt.Sprint("INCUMBENT_SIM_HOURS=", l.hours), "INCUMBENT_SIM_RESULT="+result, "INCUMBENT_SIM_STORE="+m.store())
	out, failed := cmd.CombinedOutput()
	var exit *exec.ExitError
	if failed != nil && !errors.As(failed, &exit) {
		return f, failed
	}
	b, err := os.ReadFile(result)
	if errors.Is(err, os.ErrNotExist) {
		return finding{Seeds: l.seeds, Crashed: "the program ended: " + headline(out)}, nil
	}
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(b, &f)
}

func (m mutant) store() string {
	if m.redis {
		return "redis"
	}
	return "register"
}

// headline is the line that says how a program ended.
func headline(out []byte) string {
	for line := range bytes.Lines(out) {
		if bytes.HasPrefix(line, []byte("panic:")) || bytes.HasPrefix(line, []byte("fatal error:")) {
			return strings.TrimSpace(string(line))
		}
	}
	return "see its output"
}
