package host

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// Choose picks a CPU for servers and another for clients.
func Choose() Pins {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return Pins{-1, -1, fmt.Sprintf("no process is bound to a CPU: %v", err)}
	}
	var cpus []int
	for cpu := 0; len(cpus) < 2 && cpu < len(all)*64; cpu++ {
		if all.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	if len(cpus) < 2 {
		return Pins{-1, -1, "no process is bound: there is only one CPU, which servers and clients share"}
	}
	return Pins{Pin(cpus[0]), Pin(cpus[1]), fmt.Sprintf("servers bound to CPU %d, clients to CPU %d", cpus[0], cpus[1])}
}

// bind binds the present thread, until unbind.
func bind(pin Pin) (unbind func(), err error) {
	if pin < 0 {
		return func() {}, nil
	}
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return nil, err
	}
	one.Set(int(pin))
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return nil, err
	}
	return func() { _ = unix.SchedSetaffinity(0, &before) }, nil // it was allowed a moment ago
}

func orphanless() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
