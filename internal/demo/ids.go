package demo

import (
	"crypto/rand"
	"fmt"
	"os"
)

// maxHost is how much of a host's name an ID repeats: the ID of a candidate has
// 96 bytes at most.
const maxHost = 60

// processID is a label that no other process has.
func processID() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "unknown"
	}
	random := make([]byte, 4)
	_, _ = rand.Read(random) // never fails, see its documentation
	return fmt.Sprintf("%s-%d-%x", host[:min(len(host), maxHost)], os.Getpid(), random)
}

// letter names the candidate at index i of n: A to Z, AA, AB and so on. One that
// is alone needs no letter.
func letter(i, n int) string {
	switch {
	case n == 1:
		return ""
	case i < 26:
		return string(rune('A' + i))
	}
	return string(rune('A'+i/26-1)) + string(rune('A'+i%26))
}
