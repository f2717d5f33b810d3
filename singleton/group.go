package singleton

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"example.com/incumbent/election"
)

// A Group is the workers of one process. They share an [election.Conn] and stop
// together. It is safe for concurrent use. Make one with [NewGroup].
type Group struct {
	members []member
	running atomic.Bool
}

// member is one election of a group.
type member struct {
	elector *election.Elector
	work    election.Work
	policy  Policy
}

// NewGroup returns a group of workers, at least one. Workers of the same election
// become one: only one of them may have Work, and only one more settings than the name.
// The hooks of all are called: OnElected in the order of the workers, OnRevoked in the
// reverse of it. What is to hold for all workers, such as an observer, belongs into the
// defaults of [election.Connect].
//
// It starts nothing and does not block. Errors wrap [election.ErrConfig], or are
// [election.ErrClosed].
func NewGroup(conn *election.Conn, workers ...Worker) (*Group, error) {
	switch {
	case conn == nil:
		return nil, fmt.Errorf("%w: no Conn: make one with election.Connect", election.ErrConfig)
	case len(workers) == 0:
		return nil, fmt.Errorf("%w: a group without workers would do nothing: give it at least one", election.ErrConfig)
	}
	all, err := parts(workers)
	if err != nil {
		return nil, err
	}
	g := &Group{}
	for _, p := range all {
		e, err := conn.Elector(p.election)
		if err != nil {
			return nil, err
		}
		g.members = append(g.members, member{e, p.whole(), p.policy})
	}
	slices.SortFunc(g.members, func(a, b member) int { return strings.Compare(a.elector.Name(), b.elector.Name()) })
	return g, nil
}

// Run keeps all workers, each as [Keep] does. It blocks until ctx ends or all workers
// have stopped by their policy, and returns nil then. If one worker ends with an error,
// all others are stopped, and Run returns that error as it is. It returns when the work
// of all has ended and all leadership is released. Only one Run of a group may be under
// way: another returns [election.ErrRunning].
func (g *Group) Run(ctx context.Context) error {
	if !g.running.CompareAndSwap(false, true) {
		return fmt.Errorf("%w: this group", election.ErrRunning)
	}
	defer g.running.Store(false)
	all, workers := errgroup.WithContext(ctx)
	for _, m := range g.members {
		all.Go(func() error { return m.keep(workers) })
	}
	return all.Wait()
}

// keep runs one worker. The group returns only the first error, so each is logged.
func (m member) keep(ctx context.Context) error {
	err := Keep(ctx, m.elector, m.work, m.policy)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		m.elector.Logger().Warn("singleton: the worker failed while it was stopping", "error", err)
	default:
		m.elector.Logger().Error("singleton: the worker has failed, and the group stops", "error", err)
	}
	return err
}

// Check is the liveness check of all workers: it joins the errors of
// [election.Elector.Check]. So it fails only while work still runs although its trust
// has ended. It asks nobody and does not block.
func (g *Group) Check() error {
	var errs []error
	for _, m := range g.members {
		errs = append(errs, m.elector.Check())
	}
	return errors.Join(errs...)
}

// Elector returns the elector of the election with that name, nil if no worker has it.
func (g *Group) Elector(name string) *election.Elector {
	for _, m := range g.members {
		if m.elector.Name() == name {
			return m.elector
		}
	}
	return nil
}

// Electors returns the electors of all workers, sorted by name.
func (g *Group) Electors() []*election.Elector {
	all := make([]*election.Elector, 0, len(g.members))
	for _, m := range g.members {
		all = append(all, m.elector)
	}
	return all
}
