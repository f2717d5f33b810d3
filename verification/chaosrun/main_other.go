//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "chaosrun: needs Linux: its processes are compared by a clock that only Linux shares among them")
	os.Exit(2)
}
