package chaos

import (
	"encoding/json"
	"fmt"
	"os"
)

// roleVariable holds, in the environment of a child, what it is to be.
const roleVariable = "INCUMBENT_CHAOS_ROLE"

// role is what a child process is. Exactly one field is set.
type role struct {
	Candidate *candidateConfig `json:",omitempty"`
	Fence     *fenceConfig     `json:",omitempty"`
}

// RunRole returns false at once in a process that nobody started as a child of a
// run. In a child it does what the child is for, and ends the process. Every program
// that calls [Run] has to call it first.
func RunRole() bool {
	text := os.Getenv(roleVariable)
	if text == "" {
		return false
	}
	var r role
	err := json.Unmarshal([]byte(text), &r)
	switch {
	case err != nil:
	case r.Candidate != nil:
		err = r.Candidate.run()
	case r.Fence != nil:
		err = r.Fence.run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
	os.Exit(0)
	return true
}
