// Package host knows the machine: which CPUs servers and clients are bound to,
// what processes have used, and what to call it all in a report.
package host

import (
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// A Pin says which CPU a process is bound to; negative: to none.
type Pin int

// Pins are the CPUs of servers and clients. Unbound, a round trip takes several
// times as long at one moment as at the next.
type Pins struct {
	Server, Client Pin
	Note           string // for the report
}

// Start starts a process that is bound to a CPU from its first instruction on,
// and that ends when this one does.
func Start(cmd *exec.Cmd, pin Pin) error {
	runtime.LockOSThread() // a child inherits what its thread is bound to
	defer runtime.UnlockOSThread()
	unbind, err := bind(pin)
	if err != nil {
		return err
	}
	defer unbind()
	cmd.SysProcAttr = orphanless()
	return cmd.Start()
}

// CPU returns the CPU time that this process has used.
func CPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
