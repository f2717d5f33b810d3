package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Load reads what an earlier run has saved. Without a name, or without such a file, it
// leaves the result as it is.
func Load(name string, result any) error {
	if name == "" {
		return nil
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(text, result)
	}
	if err != nil {
		return fmt.Errorf("going on from %s: %w", name, err)
	}
	return nil
}

// Save writes a result where it is asked for, whole or not at all: a run may be cut. Without
// a name it does nothing.
func Save(name string, result any) error {
	if name == "" {
		return nil
	}
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	if err := os.WriteFile(name+".new", text, 0o644); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}
