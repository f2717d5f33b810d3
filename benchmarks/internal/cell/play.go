package cell

import (
	"context"
	"fmt"

	"example.com/incumbent/benchmarks/internal/role"
	"example.com/incumbent/benchmarks/internal/server"
)

// Play plays the role that this process was started in, and reports whether
// there was one: then the program has nothing else to do.
func Play(ctx context.Context) (played bool, err error) {
	switch r := role.Mine(); r {
	case "":
		return false, nil
	case role.Cell:
		return true, serve(ctx)
	case role.Leader:
		return true, lead(ctx)
	case role.Worker:
		return true, compute(ctx)
	case role.Etcd:
		return true, server.ServeEtcd(ctx)
	default:
		return true, fmt.Errorf("no such role: %q", r)
	}
}
