//go:build !linux

package host

import (
	"runtime"
	"syscall"
)

// Choose binds nothing: only Linux lets a process say where its children run.
func Choose() Pins {
	return Pins{-1, -1, "no process is bound to a CPU: " + runtime.GOOS + " has no way to"}
}

func bind(Pin) (unbind func(), err error) { return func() {}, nil }

func orphanless() *syscall.SysProcAttr { return nil }
