// Package controllerruntime keeps singleton workers in a controller-runtime manager.
package controllerruntime

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/manager"

	"example.com/incumbent/singleton"
)

// Runnable keeps workers for as long as a manager runs: pass it to manager.Add. Set
// the manager's GracefulShutdownTimeout to more than the work needs to drain, or to -1.
// After it the manager does not wait, and the process ends while the work still runs.
type Runnable struct{ Workers *singleton.Group }

var (
	_ manager.Runnable               = Runnable{}
	_ manager.LeaderElectionRunnable = Runnable{}
)

// Start implements manager.Runnable.
func (r Runnable) Start(ctx context.Context) error { return r.Workers.Run(ctx) }

// NeedLeaderElection is false: the workers have elections of their own. Without this
// method the manager would start them only where it holds its own lease.
func (Runnable) NeedLeaderElection() bool { return false }
