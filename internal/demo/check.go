package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/incumbent/election"
	"example.com/incumbent/internal/register"
)

const (
	checkPatience = 5 * time.Second        // until a Redis that gives no answer is out of reach
	checkPause    = 200 * time.Millisecond // between tries
)

// check finds at the start what waiting would not mend. It returns who leads, or
// a sentence that says what to do. Later a candidate keeps trying whatever
// happens: at the start somebody is there to read the sentence.
func (s *session) check(ctx context.Context, c *Candidate) (election.Leader, error) {
	began := time.Now()
	try, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	var trouble error
	for {
		leader, err := s.ask(try, c.Redis)
		switch {
		case err == nil:
			return leader, nil
		case errors.Is(err, election.ErrForeignRecord):
			return leader, fmt.Errorf("cannot use redis at %s: %w; or choose another name with -election", s.address, err)
		case election.Permanent(err):
			return leader, fmt.Errorf("cannot use redis at %s: %w", s.address, err)
		case trouble == nil || try.Err() == nil:
			trouble = err // an attempt that was cut short tells less than the one before
		}
		select {
		case <-try.Done():
			return leader, s.unreachable(trouble, time.Since(began))
		case <-time.After(checkPause):
		}
	}
}

// ask tries what a candidate must be able to do, and looks who leads.
func (s *session) ask(ctx context.Context, rdb redis.UniversalClient) (election.Leader, error) {
	place := register.NewPlace(register.DefaultPrefix, s.election, register.Database(rdb))
	if err := register.Probe(ctx, rdb, place); err != nil {
		return election.Leader{}, err
	}
	e, err := election.New(rdb, election.Config{Name: s.election, Lease: s.lease, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return election.Leader{}, err
	}
	l, err := e.Leader(ctx)
	if errors.Is(err, election.ErrNoElection) { // its first candidate is about to come
		return election.Leader{}, nil
	}
	return l, err
}

// unreachable is the sentence about a Redis that gave no usable answer for a while.
func (s *session) unreachable(err error, while time.Duration) error {
	if reply, ok := errors.AsType[redis.Error](err); ok {
		return fmt.Errorf("%w at %s: it is there, but after %s it still says %q; try again when that is over", errUnreachable, s.address, tenths(while), reply.Error())
	}
	return fmt.Errorf("%w at %s (%s); start one with: docker run -p 6379:6379 redis:8   or leave -redis and REDIS_URL out to use the in-process one",
		errUnreachable, s.address, inShort(err))
}

// inShort is what people need to know of a failed connection.
func inShort(err error) string {
	_, isDNS := errors.AsType[*net.DNSError](err)
	slow, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case isDNS:
		return "no such host"
	case isNet && slow.Timeout():
		return "no answer"
	}
	return strings.TrimPrefix(err.Error(), election.ErrUnavailable.Error()+": ")
}
