package cell

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
)

// RoleVariable is the environment variable that makes this program one of the
// processes of a measurement.
const RoleVariable = "INCUMBENT_BENCHMARK_ROLE"

// Roles of processes.
const (
	RoleCell   = "cell"   // measures
	RoleLeader = "leader" // leads until it is killed
)

// Role returns a command that runs this program in a role, with its orders as
// JSON on stdin.
func Role(name string, orders any) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	in, err := json.Marshal(orders)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), RoleVariable+"="+name)
	cmd.Stdin = bytes.NewReader(in)
	cmd.Stderr = os.Stderr
	return cmd, nil
}

// Play plays the role that this process was started in, and reports whether
// there was one: then the program has nothing else to do.
func Play(ctx context.Context) (played bool, err error) {
	switch role := os.Getenv(RoleVariable); role {
	case "":
		return false, nil
	case RoleCell:
		return true, serve(ctx)
	case RoleLeader:
		return true, lead(ctx)
	default:
		return true, fmt.Errorf("%s=%s: no such role", RoleVariable, role)
	}
}
