package controllerruntime_test

import (
	"context"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metrics "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"example.com/incumbent/election"
	"example.com/incumbent/singleton"

	"example.com/incumbent/examples/recipes/controllerruntime"
	"example.com/incumbent/examples/recipes/internal/recipetest"
)

// newManager returns a manager that needs no API server and never holds its own lease.
func newManager() (manager.Manager, error) {
	forEver := time.Duration(-1)
	return manager.New(&rest.Config{Host: "http://127.0.0.1:1"}, manager.Options{
		Metrics:                             metrics.Options{BindAddress: "0"},
		GracefulShutdownTimeout:             &forEver,
		Logger:                              logr.Discard(),
		LeaderElection:                      true,
		LeaderElectionID:                    "standby",
		LeaderElectionResourceLockInterface: heldByAnother{},
	})
}

// Two terms of one process, a partition and a crash. The manager does not lead by its
// own election, and the workers run all the same.
func TestTwoTermsAndACrash(t *testing.T) {
	recipetest.Run(t, recipetest.InRealTime, func(ctx context.Context, p *recipetest.Process) error {
		conn, err := election.Connect(p.Client, election.Config{})
		if err != nil {
			return err
		}
		workers, err := singleton.NewGroup(conn, singleton.Worker{
			Election: p.Config(),
			Work: p.Watch(singleton.Every(recipetest.InRealTime.Every, func(context.Context, election.Term) error {
				p.Job()
				return nil
			})),
		})
		if err != nil {
			return err
		}
		m, err := newManager()
		if err != nil {
			return err
		}
		if err := m.Add(controllerruntime.Runnable{Workers: workers}); err != nil {
			return err
		}
		return m.Start(ctx)
	})
}

// heldByAnother is the lock of an election that another manager wins.
type heldByAnother struct{ resourcelock.Interface }

func (heldByAnother) Get(context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	now := metav1.Now()
	return &resourcelock.LeaderElectionRecord{HolderIdentity: "another", LeaseDurationSeconds: 3600, AcquireTime: now, RenewTime: now}, []byte("another"), nil
}
func (heldByAnother) RecordEvent(string) {}
func (heldByAnother) Identity() string   { return "us" }
func (heldByAnother) Describe() string   { return "a lock of a test" }
