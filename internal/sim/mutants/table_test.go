package main

import (
	"os"
	"path/filepath"
	"testing"
)

// All patches still fit. It costs nothing, so it runs always: who changes the code
// learns at once which variant to change with it.
func TestPatchesFit(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range table() {
		if seen[m.name] {
			t.Errorf("two variants are called %q", m.name)
		}
		seen[m.name] = true
		patched, err := m.patch("../../..")
		if err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
		for file, text := range patched {
			if before, _ := os.ReadFile(filepath.Join("../../..", file)); string(before) == text {
				t.Errorf("%s: %s stays as it is", m.name, file)
			}
		}
	}
}
