package demo

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/redisurl"
)

// changes make something happen on the stand-in: some time after each election
// the leader is asked to step down or cut off from Redis, in turn.
type changes struct {
	out      *output
	timing   heartbeat.Timing
	rdb      redis.UniversalClient
	operator *election.Elector // never campaigns: anybody may ask a leader to step down
	leaders  chan *Candidate   // the latest that was elected
}

func newChanges(s *session) (*changes, error) {
	rdb := redisurl.Server(redis.Options{Addr: s.address}).Connect()
	operator, err := election.New(rdb, election.Config{Name: s.election, Lease: s.lease, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	return &changes{s.out, heartbeat.ForLease(s.lease), rdb, operator, make(chan *Candidate, 1)}, nil
}

// elected notes a new leader. It never blocks.
func (ch *changes) elected(c *Candidate) {
	select {
	case <-ch.leaders:
	default:
	}
	select {
	case ch.leaders <- c:
	default: // a later one was faster
	}
}

// run forces changes until ctx ends, and leaves nobody cut off.
func (ch *changes) run(ctx context.Context, all []*Candidate) error {
	defer ch.rdb.Close()
	defer func() {
		for _, c := range all {
			c.network.Heal()
		}
	}()
	rest := max(5*time.Second, ch.timing.Lease*3/2)
	rested := time.NewTimer(rest)
	now, next := ch.stepDown, ch.cutOff
	var leader *Candidate
	for {
		select {
		case <-ctx.Done():
			return nil
		case leader = <-ch.leaders:
		case <-rested.C:
			if leader != nil && leader.isLeader() && now(ctx, leader) {
				now, next = next, now
			}
		}
		rested.Reset(rest)
	}
}

// stepDown asks as an operator would, and reports whether that was heard.
func (ch *changes) stepDown(ctx context.Context, leader *Candidate) bool {
	ch.out.say(leader.ID, "asked to step down")
	if err := ch.operator.StepDown(ctx, "demonstration"); err != nil && ctx.Err() == nil {
		ch.out.warn(leader.ID, "could not be asked: "+err.Error())
		return false
	}
	return true
}

// cutOff cuts the leader's network for so long that another takes over.
func (ch *changes) cutOff(_ context.Context, leader *Candidate) bool {
	ch.out.say(leader.ID, fmt.Sprintf("cut off from Redis: trust ends within %v", ch.timing.Trust))
	leader.network.Cut()
	time.AfterFunc(ch.timing.Failover().Worst, leader.network.Heal)
	return true
}
