// Package role starts this program again as one of the processes of a
// measurement.
package role

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
)

// A Role is what a process does. This program's own is "".
type Role string

// Roles of processes.
const (
	Cell   Role = "cell"   // measures
	Leader Role = "leader" // leads until it is killed
	Worker Role = "worker" // computes until it is killed
	Etcd   Role = "etcd"   // is an etcd
)

// variable is the environment variable that gives a process its role.
const variable = "INCUMBENT_BENCHMARK_ROLE"

// Mine returns the role that this process was started in.
func Mine() Role { return Role(os.Getenv(variable)) }

// Command returns a command that runs this program in a role, with its orders as
// JSON on stdin.
func Command(r Role, orders any) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	in, err := json.Marshal(orders)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), variable+"="+string(r))
	cmd.Stdin = bytes.NewReader(in)
	cmd.Stderr = os.Stderr
	return cmd, nil
}

// Orders reads what [Command] was given.
func Orders[T any]() (orders T, err error) {
	return orders, json.NewDecoder(os.Stdin).Decode(&orders)
}
