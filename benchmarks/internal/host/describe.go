package host

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
)

// Machine describes the machine in one line.
func Machine() string {
	kernel, err := exec.Command("uname", "-sr").Output()
	if err != nil {
		kernel = []byte(runtime.GOOS)
	}
	return fmt.Sprintf("%d CPUs (%s), %s, %s", runtime.NumCPU(), model(), strings.TrimSpace(string(kernel)), runtime.GOARCH)
}

var modelName = regexp.MustCompile(`model name\s*: (.*)`)

func model() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if m := modelName.FindSubmatch(info); err == nil && m != nil {
		return string(m[1])
	}
	return "unknown model"
}

// Versions lists Go and the modules whose paths begin with one of those.
func Versions(modules ...string) []string {
	list := []string{runtime.Version()}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return list
	}
	for _, m := range build.Deps {
		if slices.ContainsFunc(modules, func(p string) bool { return m.Path == p }) {
			list = append(list, m.Path+" "+m.Version)
		}
	}
	return list
}

// Sockets returns how many sockets this process has open, or -1 where that
// cannot be told.
func Sockets() int {
	descriptors, err := filepath.Glob("/proc/self/fd/*")
	if err != nil || len(descriptors) == 0 {
		return -1
	}
	count := 0
	for _, d := range descriptors {
		if target, err := os.Readlink(d); err == nil && strings.HasPrefix(target, "socket:") {
			count++
		}
	}
	return count
}
