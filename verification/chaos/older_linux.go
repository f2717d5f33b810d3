package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// BuildOld builds this program as it was at a revision, from what git knows, and returns the
// path of it. The folder gets the sources, too.
func BuildOld(ctx context.Context, revision, dir string) (program string, err error) {
	sources := filepath.Join(dir, "sources")
	if err := os.MkdirAll(sources, 0o700); err != nil {
		return "", err
	}
	root, err := exec.CommandContext(ctx, "git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		return "", fmt.Errorf("chaos: this is no working copy of git: %w", err)
	}
	archive := filepath.Join(dir, "sources.tar")
	for _, step := range [][]string{
		{"git", "archive", "--output=" + archive, revision},
		{"tar", "-x", "-f", archive, "-C", sources},
	} {
		if err := command(ctx, strings.TrimSpace(string(root)), step...); err != nil {
			return "", err
		}
	}
	program = filepath.Join(dir, "chaosrun")
	for _, at := range []string{"verification/chaosrun", "internal/chaos/chaosrun"} { // newer, and older
		folder := filepath.Join(sources, at)
		if _, err := os.Stat(folder); err == nil {
			return program, command(ctx, folder, "go", "build", "-o", program, ".")
		}
	}
	return "", fmt.Errorf("chaos: revision %s has no chaosrun", revision)
}

func command(ctx context.Context, folder string, words ...string) error {
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("chaos: %q: %w", words, err), errors.New(string(out)))
	}
	return nil
}
