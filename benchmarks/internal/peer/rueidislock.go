package peer

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/rueidis"
	"github.com/redis/rueidis/rueidislock"
)

// Rueidislock is github.com/redis/rueidis/rueidislock, which learns of releases
// by client-side caching. Without NoLoopTracking it would renew without a pause,
// since each renewal invalidates what it tracks itself.
func Rueidislock() System {
	return System{
		Name: "rueidislock",
		Setup: func(lease time.Duration) string {
			return fmt.Sprintf("KeyMajority 1, NoLoopTracking, KeyValidity %v, the rest by default (renews every %v); in a process at most 64 campaigns start at once", lease, lease/2)
		},
		Server:   Redis,
		Open:     openRueidislock,
		Renewals: []string{"PEXPIREAT"},
		Ramp:     64, // a try gives up after 20 ms, and more at once take longer
	}
}

type rueidislockNode struct{ locker rueidislock.Locker }

func openRueidislock(t Target) (Node, error) {
	locker, err := rueidislock.NewLocker(rueidislock.LockerOption{
		ClientOption:   rueidis.ClientOption{InitAddress: []string{t.Redis}},
		KeyMajority:    1,
		KeyValidity:    t.Lease,
		NoLoopTracking: true,
	})
	if err != nil {
		return nil, err
	}
	return &rueidislockNode{locker}, nil
}

func (n *rueidislockNode) Lead(ctx context.Context, election string, elected func()) error {
	held, release, err := n.locker.WithContext(ctx, election)
	if err != nil {
		return err
	}
	defer release()
	elected()
	<-held.Done()
	if ctx.Err() == nil {
		return ErrLost
	}
	return nil
}

func (n *rueidislockNode) Close() error {
	n.locker.Close()
	return nil
}
