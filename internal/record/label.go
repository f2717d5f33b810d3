package record

import (
	"crypto/rand"
	"fmt"
	"os"
)

// NewLabel labels a process for people: host, process ID and random bytes, which keep two
// containers with the same host name and process ID apart.
func NewLabel() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "unknown"
	}
	b := make([]byte, 4)
	_, _ = rand.Read(b) // never fails, see its documentation
	id := fmt.Sprintf("-%d-%x", os.Getpid(), b)
	return host[:min(len(host), MaxID-len(id))] + id
}
