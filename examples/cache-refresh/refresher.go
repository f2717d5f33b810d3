package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/incumbent/election"
	"example.com/incumbent/heartbeat"
	"example.com/incumbent/internal/demo"
)

// fetchTimeout is how long a fetch may take.
const fetchTimeout = 5 * time.Second

// lifetime is how long an entry lives. It outlives the time until the next one is
// written, and if the refresher dies just before that, the takeover and the first
// fetch of its successor; a second is for Redis.
func lifetime(every, lease time.Duration) time.Duration {
	takeover := heartbeat.ForLease(lease).Failover().Worst
	return every + fetchTimeout + takeover + fetchTimeout + time.Second
}

// A refresher is what one term does.
type refresher struct {
	candidate *demo.Candidate
	source    *source
	cache     *cache
	seq       int
}

// refresh fetches and writes, and tries again soon if that fails: the entry must
// not have to wait for the next round.
func (r *refresher) refresh(ctx context.Context, term election.Term) error {
	retry := time.NewTimer(0)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-retry.C:
		}
		began := time.Now()
		err := r.once(ctx, term)
		switch {
		case err == nil:
			r.seq++
			r.candidate.Tell(demo.Line{Event: "refreshed", Term: term, Seq: r.seq}, fmt.Sprintf("in %d ms", time.Since(began).Milliseconds()))
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errStale):
			return err // we are the past: give leadership up
		}
		r.candidate.Fail(err)
		retry.Reset(min(r.candidate.Every, time.Second))
	}
}

// once is a fetch and the write of what came back.
func (r *refresher) once(ctx context.Context, term election.Term) error {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	body, err := r.source.fetch(ctx)
	if err != nil {
		return err
	}
	return r.cache.put(ctx, entry{Term: term, By: r.candidate.ID, At: time.Now(), Body: body})
}
